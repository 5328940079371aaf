"""Annotated pictures: boxes, identities, trails and masks on frames, as images, videos and in a window.

`vtcore.drawing.annotate` draws, `vtcore.drawing.video_writer` is the writer component ``video``,
`vtcore.drawing.display` the window of ``--show``. Nothing is imported here, so that `vtcore.drawing.config` and the
preflight stay light.
"""

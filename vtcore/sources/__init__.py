"""Where frames come from: video files, folders of images, cameras and streams; and decoding ahead."""

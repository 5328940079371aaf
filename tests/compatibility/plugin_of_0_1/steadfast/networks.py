class Halves:
    def __call__(self, images):
        return [images[..., ::2, ::2]]


class Means:
    def __call__(self, features):
        return [each.mean() for each in features]

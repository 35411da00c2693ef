"""Stands in for Transformers: see the README beside."""


class TrainerCallback:
    """What the Trainer calls."""

    def on_log(self, args, state, control, **kwargs):
        pass

    def on_train_end(self, args, state, control, **kwargs):
        pass

"""`SummaryWriter` under the name that ``torch.utils.tensorboard`` has it by; see `runyard.tensorboardX`."""

from .tensorboardX import SummaryWriter

__all__ = ["SummaryWriter"]

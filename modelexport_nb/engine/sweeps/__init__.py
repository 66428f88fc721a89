"""Many exports at once, on this machine or on others: jobs, the store of their results, who runs them."""

from .board import Sweep as Sweep
from .jobs import Job as Job
from .limits import Limits as Limits
from .results import JobResult as JobResult
from .results import Status as Status
from .run import sweep as sweep

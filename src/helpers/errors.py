"""The mistakes a user can mend, each told in a sentence: what, where, what is allowed, what to do."""


class LoyaltyError(Exception):
    """A mistake that the user can mend; the command line prints it without a traceback."""

    exit_code = 2


class Blocked(LoyaltyError):
    """Nothing is wrong with what was asked, but not now: the disk cannot be written, or another batch is at work."""

    exit_code = 7


class RegisterError(LoyaltyError):
    """The claims are malformed, or a claim, component or rule is unknown."""


class CatalogueError(LoyaltyError):
    """The list of datasets is malformed, or a dataset is unknown."""


class DataUnavailable(LoyaltyError):
    """A dataset's file is nowhere to be had on this machine, now."""


class DataInvalid(LoyaltyError):
    """A file or frame is not what it should be: checksum, encoding, columns, types, values."""


class ParameterError(LoyaltyError):
    """A run was asked for that cannot be: unknown study or parameter, wrong type, out of range."""


class MethodError(LoyaltyError):
    """A statistic is not defined for these data: no variance, too few rows, an empty group."""

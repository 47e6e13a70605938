"""How Jupyter gets a warm kernel: a provisioner, so that notebooks keep their ordinary kernelspec."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

from helpers.runner import warm


class WarmProvisioner(LocalProvisioner):
    """Has a kernel forked by the parent of warm kernels, and starts an ordinary one where that is not to be had.

    The sockets of kernels and of their parent stand in Jupyter's runtime folder, which the worker has named.
    """

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        begins = len(warm.LAUNCHER)
        if cmd[:begins] == warm.LAUNCHER:
            sockets = Path(os.environ["JUPYTER_RUNTIME_DIR"])
            streams = (kwargs["stdout"], kwargs["stderr"])
            with contextlib.suppress(OSError):
                kernel = warm.Kernel(sockets, cmd[begins:], kwargs["env"], os.getcwd(), streams)
                self.process, self.pid = kernel, kernel.pid  # type: ignore[assignment]  # as good as a Popen here
                return self.connection_info
        return await super().launch_kernel(cmd, **kwargs)

"""The commands of ``taskcore``, a module each; its ``app`` is the command."""

"""Imported before everything else by what is started from a shell: Ctrl-C while the rest is loaded ends quietly."""

from docclf.utils.process import stop

stop.load()

"""The sparklet command, for spark-submit: `spark-submit examples/submit.py batch MODEL QUERY TABLE`."""

from sparklet.cli import main

main()

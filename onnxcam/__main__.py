"""`python -m onnxcam`: the command line."""

from onnxcam.cli.main import main

main()

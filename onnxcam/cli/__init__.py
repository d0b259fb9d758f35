"""The command line: one file for each command, named verb_object.

Nothing here is imported by the rest of onnxcam. The result goes to stdout, everything else to stderr.
"""

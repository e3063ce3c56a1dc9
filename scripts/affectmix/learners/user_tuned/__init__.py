"""A general model of felt emotion, made to be fine-tuned on one listener (Gasparini and Marchi).

A convolutional network sees frames of six seconds, an LSTM four of them in a row. Nothing here
but `weights` needs more than numpy, torch and pytorchcv, so that it runs on a bare GPU machine.
"""

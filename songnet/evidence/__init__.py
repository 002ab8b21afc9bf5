"""What a person's past says about the next track: one small file per family of experts.

An expert walks through the plays before a border and adds to its column of the `Scratch`. The
`features` turn the columns of the best candidates into the table that the network reads. All of it
is compiled by numba, and stays Python to read.
"""

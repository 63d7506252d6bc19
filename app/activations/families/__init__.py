"""One module a family: the mathematics of every activation function. See CONTRIBUTING.md to add one."""

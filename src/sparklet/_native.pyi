# The optional C module, src/sparklet/_native.c; each name is described where its Python twin stands.

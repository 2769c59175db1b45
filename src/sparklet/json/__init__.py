"""JSON of rows and scores, both ways, under one rule; `docs/json.md` states it.

The text is the same with and without orjson (extra `json`), which makes it faster.

>>> from sparklet.linalg import DenseVector
>>> text = dumps({"probability": DenseVector((0.25, 0.75)), "prediction": 1.0})
>>> text
'{"probability":{"type":1,"values":[0.25,0.75]},"prediction":1.0}'
>>> loads(text, {"probability": "vector"})
{'probability': DenseVector([0.25, 0.75]), 'prediction': 1.0}
"""

from sparklet.json.schema import row_schema
from sparklet.json.typed import Decoder, loads
from sparklet.json.write import dump_bytes, dumps

__all__ = ["Decoder", "dump_bytes", "dumps", "loads", "row_schema"]

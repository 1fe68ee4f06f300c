"""Class -> plan -> outcome: measures, the waves they run in, who must agree, and the runner."""

"""Records of trainings, and the pages rendered from them."""

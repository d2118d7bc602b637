"""stub, being written"""
def check(xform: str) -> list: return []

"""人员部门: departments and the people in them, what their roles may do, their API keys and tokens."""

"""人员部门: people and their API keys; departments, roles and duty follow."""

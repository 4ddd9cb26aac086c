"""人员部门: API keys; departments and people follow."""

"""声明发布: what we say in public: templates, statements with versions and approvals, where they are published."""

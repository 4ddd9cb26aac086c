"""Fenghuo 烽火: a company's social-media crisis response plan (《企业社交媒体危机应对方案》) as a service."""

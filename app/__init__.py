"""Fenghuo 烽火: a company's social-media crisis response plan (《企业社交媒体危机应对方案》) as a service."""

import gc

# New objects before the collector looks at them. A start makes hundreds of thousands that stay, and looking through them
# again and again took a fifth of its time; a request makes hundreds, and nearly all go by reference count.
gc.set_threshold(50_000)

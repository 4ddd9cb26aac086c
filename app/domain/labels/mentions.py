"""Words of mentions 舆情监测."""

from app.domain.labels.base import Labels

LABELS: Labels = {
    "media_follow_up": {
        "confirmed": ("媒体已跟进", "Media follow it up"),
        "suspected": ("疑似媒体跟进", "Perhaps media follow it up"),
        "none": ("无媒体跟进", "No media"),
    },
    "media_tier": {
        "central": ("中央媒体", "Central"),
        "provincial": ("省级媒体", "Provincial"),
        "industry": ("行业媒体", "Of an industry"),
    },
    "sentiment": {
        "negative": ("负面", "Negative"),
        "neutral": ("中性", "Neutral"),
        "positive": ("正面", "Positive"),
        "unknown": ("待判断", "To be judged"),
    },
    "sentiment_source": {
        "person": ("人工判断", "A person says so"),
        "sender": ("来源标注", "The sender says so"),
        "words": ("负面词判断", "Negative words say so"),
        "none": ("无人判断", "Nobody has said"),
    },
    "platform": {
        "wechat_official": ("微信公众号", "WeChat Official Accounts"),
        "wechat_channels": ("微信视频号", "WeChat Channels"),
        "weibo": ("微博", "Weibo"),
        "douyin": ("抖音", "Douyin"),
        "xiaohongshu": ("小红书", "Xiaohongshu (RedNote)"),
        "zhihu": ("知乎", "Zhihu"),
        "bilibili": ("B站", "Bilibili"),
        "forum": ("论坛", "Forum"),
        "news": ("新闻", "News"),
        "other": ("其他", "Other"),
    },
    "word_role": {
        "brand": ("品牌词", "Brand word"),
        "negative": ("负面词", "Negative word"),
        "exclusion": ("排除词", "Exclusion"),
    },
    "text_field": {
        "title": ("标题", "Title"),
        "text": ("正文", "Text"),
    },
    "legal_threshold": {
        "views": ("浏览满5000次", "5,000 views"),
        "reposts": ("转发满500次", "500 reposts"),
    },
    "snapshot_reason": {
        "first_hit": ("首次命中", "It hit watch rules first"),
        "legal_threshold": ("达到法律取证线", "It reached the legal threshold"),
    },
}

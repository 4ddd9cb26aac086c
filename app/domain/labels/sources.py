"""Words of who reports mentions, and of how soon people hear of them."""

from app.domain.labels.base import Labels

LABELS: Labels = {
    "source_kind": {
        "tool": ("舆情工具", "A monitoring tool"),
        "crawler": ("采集程序", "A crawler"),
        "patrol": ("人工巡查", "Patrols by people"),
        "person": ("人员", "A person"),
        "other": ("其他", "Other"),
    },
    "source_state": {
        "silent": ("静默", "Silent"),
        "never_heard": ("从未上报", "Never heard"),
        "alive": ("正常", "Alive"),
        "disabled": ("停用", "Disabled"),
        "retired": ("已退役", "Retired"),
    },
    "silence_end": {
        "heard": ("恢复上报", "It was heard again"),
        "changed": ("设置变更", "Its settings changed"),
        "disabled": ("停用", "It was disabled"),
        "retired": ("退役", "It was retired"),
    },
    "alert_miss_reason": {
        "no_receiver": ("无接收端", "Nobody would have heard of it"),
        "late": ("推送超时", "The push was late, or none arrived"),
    },
}

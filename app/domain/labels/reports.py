"""Words of what a review finds, and of its report."""

from app.domain.labels.base import Labels

LABELS: Labels = {
    "fact_source": {
        "incident": ("事件信息", "The incident"),
        "spread": ("传播量分钟明细", "The spread by minute"),
        "mentions": ("舆情台账", "The mentions"),
        "deadlines": ("时限记录", "The deadlines"),
        "tasks": ("任务清单", "The tasks"),
        "affected_users": ("受影响用户汇总", "The affected users' summary"),
        "acknowledgements": ("接警记录", "The acknowledgements"),
        "meetings": ("会议记录", "The meetings"),
        "fact_checks": ("核实记录", "The fact checks"),
        "publications": ("发布记录", "The publications"),
        "timeline": ("事件时间线", "The timeline"),
        "review": ("复盘", "The review"),
    },
    "curve_mark": {
        "grade": ("定级", "A grade was set"),
        "word": ("对外发布", "A publication"),
        "clock": ("超时", "A clock's time was up"),
        "calm": ("平息", "Calm"),
        "rebound": ("二次发酵", "A relapse"),
    },
    "report_state": {
        "queued": ("排队中", "Queued"),
        "rendering": ("生成中", "Rendering"),
        "done": ("已生成", "Done"),
        "failed": ("失败", "Failed"),
    },
    "report_format": {
        "docx": ("Word 文档", "Word document"),
        "html": ("网页", "HTML page"),
        "markdown": ("Markdown 文档", "Markdown document"),
        "svg": ("曲线图(矢量)", "Curve as SVG"),
        "png": ("曲线图(图片)", "Curve as PNG"),
    },
}

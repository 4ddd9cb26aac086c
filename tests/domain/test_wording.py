"""People's data is hidden in place, domain words read as users know them, platforms are recognised."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.labels import LABELS
from app.domain.wording import mask_name, mask_phone, mask_text, mask_url, platform_of


@pytest.mark.parametrize(
    ("name", "shown"),
    [("", ""), ("王", "*"), ("王明", "王*"), ("欧阳小明", "欧***"), ("user_123", "u*******"), ("A B", "A**")],
)
def test_a_name_keeps_its_first_character_only(name, shown):
    assert mask_name(name) == shown


@pytest.mark.parametrize(("phone", "shown"), [
    ("+8613800138000", "+86138******00"), ("+861062345678", "+86106*****78"), ("+16502530000", "+*********00"),
    ("+861062345678;ext=801", "+86106*******;ext=*01"), ("+8521", "+**21"), ("+44", "+44"), ("", ""),
])  # fmt: skip
def test_of_a_phone_little_is_left(phone, shown):
    assert mask_phone(phone) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("找@张三 投诉", "找@** 投诉"),
        ("@user_1·a-b：退钱", "@**********：退钱"),
        ("＠小明，在吗", "＠**，在吗"),
        ("转@甲//@乙:好", "转@*//@*:好"),
        ("电话13812345678。", "电话138******78。"),
        ("138 1234 5678", "138 **** **78"),
        ("138-1234-5678", "138-****-**78"),
        ("138　1234　5678", "138　****　**78"),
        ("138\u20111234\u20115678", "138\u2011****\u2011**78"),
        ("1381 2345 678", "138* **** *78"),
        ("+8613812345678", "+86138******78"),
        ("(+86) 138-1234-5678", "(+86) 138-****-**78"),
        ("008613812345678", "0086138******78"),
        ("8613812345678", "86138******78"),
        ("１３８１２３４５６７８", "１３８******７８"),
        ("010-12345678", "010-******78"),
        ("(021)6234 5678", "(021)**** **78"),
        ("0755－8888666", "075*－*****66"),
        ("01012345678", "010******78"),
        ("身份证11010119900307777X吧", "身份证******************吧"),
        ("110101 19900307 777x", "********************"),
        ("写信zhang.san+1@mail.example.com。", "写信***********@****************。"),
        ("a@b.cn c@d.cn", "*@**** *@****"),
        ("138\u00a01234\u00a05678", "138\u00a0****\u00a0**78"),
        ("138\u200b1234\u200b5678", "138\u200b****\u200b**78"),
        ("1\u200b3\u200b812345678", "1\u200b3\u200b8******78"),
        ("138\t1234\n5678", "138\t****\n**78"),
        ("138_1234_5678 138/1234/5678 138,1234,5678", "138_****_**78 138/****/**78 138,****,**78"),
        ("138，1234，5678", "138，****，**78"),
        ("138 12 34 56 78", "138 ** ** ** 78"),
        ("1 3 8 1 2 3 4 5 6 7 8", "1 3 8 * * * * * * 7 8"),
        ("①③⑧12345678", "①③⑧******78"),
        ("¹³⁸12345678", "¹³⁸******78"),
        ("\u0661\u0663\u066812345678", "\u0661\u0663\u0668******78"),
        ("1️⃣3️⃣8️⃣12345678", "1️⃣3️⃣8️⃣******78"),
        ("010\u00a01234\u20095678", "010\u00a0****\u2009**78"),
        ("@\u200b张三丰", "@\u200b***"),
        ("zhangsan@qq。com", "********@******"),
        ("zhangsan@qq.com。谢谢", "********@******。谢谢"),
        ("zhangsan@例子.中国", "********@*****"),
        ("写信zhangsan@例子.com", "写信********@******"),
        ("张三@example.com", "**@***********"),
        ("邮箱：张三@例子.公司", "邮箱：**@*****"),
        ("zhangsan\u200b@qq\ufeff.com", "********\u200b@**\ufeff****"),
    ],
)
def test_personal_data_is_hidden_character_for_character(text, shown):
    assert mask_text(text) == shown
    assert len(shown) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "蒙牛牛奶变质了，客服不理",
        "订单号123456789012345678",
        "订单202413812345678",
        "订单13812345678901",
        "12812345678",
        "价格139.00 1580.00",
        "花了150 2023-01-01到货",
        "热线400-123-4567",
        "2024-01-15 13:45",
        "110101199013077777",
        "@ 谁",
        "① ③ ⑤ 先看",
        "①②③④⑤⑥⑦⑧⑨",
        "150 20 30 40",
        "1 3 5 7 9",
        "2023/11/05,150",
        "139,2023-11-05",
        "x²³+y²",
        "a.b.c",
    ],
)
def test_text_without_personal_data_stays_as_it_is(text):
    assert mask_text(text) == text


PERSONAL = (
    "@张三",
    "＠小明",
    "13812345678",
    "+86 138-1234-5678",
    "0755-8888666",
    "a.b@c.com",
    "11010119900307777X",
    "①③⑧ 12 34 56 78",
    "张三\u200b@例子.中国",
)
dirty_text = st.lists(
    st.one_of(st.sampled_from(PERSONAL), st.text("@01386·-_ .+()张aX，", max_size=8), st.text(max_size=4))
).map("".join)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("会面@张三。谢谢", "会面@**。谢谢"), ("会面@3.15晚会", "会面@*.15晚会"), ("见@张三.李四", "见@**.李四")],
)
def test_an_at_name_at_the_end_of_a_sentence_is_no_mail(text, shown):
    assert mask_text(text) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "https://weibo.com/u/1234567?phone=13812345678&name=a",
            "https://weibo.com/u/1234567?phone=138******78&name=a",
        ),
        ("https://a.cn/p?m=wang@example.com", "https://a.cn/p?m=****@***********"),
        ("https://a.cn/p?m=wang%40example.com#x", "https://a.cn/p?m=****%40***********#x"),
        ("https://a.cn/13812345678/", "https://a.cn/138******78/"),
        ("https://a.cn/n/@wang/1", "https://a.cn/n/@****/1"),
    ],
)
def test_an_address_is_shown_without_peoples_data(url, shown):
    assert mask_url(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://weibo.com/1/OAbCdEfGh",
        "https://m.weibo.cn/detail/5012345678901234",
        "https://www.douyin.com/video/7301234567890123456",
        "https://www.zhihu.com/question/612345678/answer/3123456789",
        "https://tieba.baidu.com/p/8765432109",
        "http://society.people.com.cn/n1/2023/1105/c1008-40112233.html",
        "https://news.example.cn/139/2023/1105/a.html?page=2",
        "https://www.bilibili.com/video/BV1xx411c7mD?p=1&t=150",
    ],
)
def test_the_address_of_a_post_stays_whole(url):
    assert mask_url(url) == url


@given(dirty_text)
def test_a_mask_never_moves_a_character_and_puts_nothing_but_stars(text):
    masked = mask_text(text)
    assert len(masked) == len(text)
    assert all(after in (before, "*") for before, after in zip(text, masked, strict=True))
    assert len(mask_name(text)) == len(text)


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text("蒙牛，。 \n", max_size=5))
def test_six_digits_of_every_mobile_number_are_hidden_wherever_it_stands(number, around):
    hidden = number[:3] + "******" + number[-2:]
    assert mask_text(around + number + around) == around + hidden + around


@pytest.mark.parametrize(
    "part",
    [
        "a",
        "1",
        "0",
        "-",
        " ",
        "a@",
        "@a",
        "a.",
        "@",
        "13",
        "1 ",
        "+86",
        "010-",
        "a@a.",
        "110101",
        "(",
        "_%",
        "例",
        "例@",
        "@例.",
        "a@例.",
        "例@a.",
        "@a。",
        "①",
        "1\u200b",
        "1 3",
        "138 12",
        "1_",
        "\u200b",
    ],
)
def test_hostile_texts_are_masked_in_time(part):
    text = (part * 100_000)[:100_000]
    for ending in ("", "x@", "@a."):
        started = time.process_time()
        mask_text(text + ending)
        assert time.process_time() - started < 1


# What Chinese users see (方案): a changed word is a changed contract.
SHOWN = {
    "grade": "一级(重大) 二级(较大) 三级(一般)",
    "grade_source": "系统判定 人工判定",
    "harm_class": "核心利益 用户权益 个体投诉",
    "incident_status": "关注中 响应中 处置中 收尾中 已结案 自然平息 误报 已并案",
    "deadline_kind": "命中推送 首次响应 紧急会议 信息核实 首次发声 首份声明 诉求处理 承诺 收尾 复盘",
    "deadline_state": "计时中 按时完成 按时完成(补录) 超时 已取消 无人可推 未到时限",
    "guard": "信息核实 明确处置方向的会议 首发平台声明 舆情平稳 回访完成率",
    "incident_action": "变更状态 人工定级 并案 拆分 归入舆情 接警响应 调整小组 记录会议 记录信息核实 记录发布 记录决策 添加备注 新建任务",
    "team_position": "组长 公关 运营 法务 业务 其他",
    "join_reason": "随分级组队 B角代行 部门负责人 升级至组长 人工加入",
    "call_step": "B角 部门负责人 组长",
    "team_change": "加入 再次呼叫 调整职责 退出",
    "task_kind": "紧急会议 信息核实 媒体澄清 KOL澄清 媒体问询 统一口径 暂停投放 监管报送 内部通报 进展公示 诉求处理 承诺兑现 侵权投诉举报 评论引导 回访 其他 改进事项",
    "task_state": "待办 草稿 法务审核中 法务已批 法务退回 已完成 已免除",
    "care_state": "未安排 待办 已完成 已免除",
    "task_action": "修改 完成 免除 重新打开 提交法务 法务批准 法务驳回",
    "task_bulk_action": "批量指派 批量完成 批量免除",
    "tasks_change": "批量新建 批量指派 批量完成 批量免除 并案转入 并案转出",
    "incident_include": "传播窗口 升级预测 最近时限 未接警人数 24小时走势",
    "truth": "属实 部分属实 不属实 误解 暂无法核实",
    "responsibility": "我方 供应商 经销商 平台 用户 待定",
    "decision_kind": "一般决策 决定不发声 首发平台不适用",
    "note_subject": "危机事件 任务 声明的一版 复盘",
    "inbox_kind": "待接警 待审批 待办 提到我的",
    "day_kind": "工作日 周末 节假日 调休上班",
    "year_status": "已公布 推定",
    "evidence_subject": "危机事件 舆情 会议 信息核实 对外发布 决策 任务 备注 声明 复盘",
    "statement_kind": "首次回应 进展通报 致歉声明 澄清声明 律师声明",
    "statement_status": "草稿 审批中 退回修改 已批准 已发布 已撤回",
    "statement_part": "真诚致歉 事实澄清 解决方案 进度承诺",
    "statement_section": "标题 真诚致歉 事实澄清 解决方案 进度承诺 下次通报",
    "statement_need": "缺少致歉 缺少事实 缺少解决方案 缺少带时限的承诺 缺少下次通报时间 缺少进展 未核实 与核实结论不符 时限已过",
    "statement_action": "修改 提交审批 批准 退回修改 记录发布 撤回",
    "approval_slot": "公关审批 法务审批 组长审批",
    "approval_outcome": "退回修改 批准",
    "response_strategy": "否认 弱化 修复 支持",
    "statement_language": "中文 英文",
    "template_variable_type": "文字 数字 日期 时间 金额 网址 电话 列表",
    "template_variable_source": "业务单位 首发平台 首帖发布时间 立案时间",
    "template_fit": "尚未对外发声 符合核实结论 已有对外发声 主题相符 损害类别相符 首发平台相符 通用模板",
    "diff_change": "未变 删除 新增",
    "commitment_state": "未到期 已兑现 逾期兑现 未兑现 已免除",
    "placement_state": "缺席 计划发布 已发布 不适用 随声明撤回",
    "silence_stop": "未定级 尚未响应 未设发声节奏 决定不发声 热度平息 收尾中 已结束",
    "lint_severity": "错误 提醒 建议",
    "lint_code": "不当用语 个人信息 策略与事件不符 致歉与否认并存 与核实结论矛盾 事实未核实 缺少内容 未见致歉 未预告下次通报 时限已过 5S缺项 承诺无时限 缺少行动指引 超出篇幅 "
    "感叹号过多",
    "lint_list_kind": "不当用语 识别词",
    "lint_cue": "否认 弱化 修复 支持 致歉 承认过错 承担责任 真诚沟通 速度第一 系统运行 权威证实 承诺 将来的模糊时间 模糊时间 行动指引",
    "five_s": "承担责任 真诚沟通 速度第一 系统运行 权威证实",
    "crisis_cluster": "可预防型 意外型 受害型",
    "strategy_source": "作者注明 按用语判断",
    "review_status": "复盘中 暂停(二次发酵) 已出报告 已完成 已并入",
    "review_question": "起因 响应是否及时 处置是否有效 存在漏洞",
    "review_decision_kind": "更新风险清单 优化流程 调整监测范围",
    "review_decision_state": "待决定 不作变更 已生效",
    "review_gap": "复盘会议 起因 响应是否及时 处置是否有效 存在漏洞 生成报告",
    "review_action": "填写 并入事件 出具报告 作出决定",
    "review_subject": "风险 分级标准 时限标准 监测规则 媒体名单 核心平台",
    "review_change_action": "新建 修改 移除 启用",
    "fact_source": "事件信息 传播量分钟明细 舆情台账 时限记录 任务清单 受影响用户汇总 接警记录 会议记录 核实记录 发布记录 事件时间线 复盘",
    "curve_mark": "定级 对外发布 超时 平息 二次发酵",
    "report_state": "排队中 生成中 已生成 失败",
    "report_format": "Word 文档 网页 Markdown 文档 曲线图(矢量) 曲线图(图片)",
    "risk_category": "产品质量 服务投诉 营销争议 数据安全 员工言行 供应链与合作方 其他",
    "risk_level": "极高 高 中 低",
    "risk_status": "管控中 已关闭",
    "check_source": "监测规则 风险清单 禁用词 个人信息",
    "check_outcome": "发布 修改后再审 放弃",
    "similarity_part": "产品 文本 传播曲线 危害类别",
    "recurrence_reason": "同一监测规则 同一业务部门",
    "media_follow_up": "媒体已跟进 疑似媒体跟进 无媒体跟进",
    "media_tier": "中央媒体 省级媒体 行业媒体",
    "sentiment": "负面 中性 正面 待判断",
    "sentiment_source": "人工判断 来源标注 负面词判断 无人判断",
    "platform": "微信公众号 微信视频号 微博 抖音 小红书 知乎 B站 论坛 新闻 其他",
    "word_role": "品牌词 负面词 排除词",
    "text_field": "标题 正文",
    "legal_threshold": "浏览满5000次 转发满500次",
    "snapshot_reason": "首次命中 达到法律取证线",
    "patrol_state": "漏巡 待巡查 未到时间 迟到完成 已完成（补录） 已完成",
    "patrol_rotation": "每日轮换 每周轮换",
    "event_type": "舆情命中 达到法律取证线 阅读量超十万 待人工判断 预警超时 预警无人接收 来源静默 来源恢复 危机事件开启 分级变更 状态变更 热度平息 二次发酵 沉默预警 复发 接警响应 "
    "召开会议 信息核实 对外发布 作出决策 新增备注 小组变动 升级呼叫 受影响用户变动 设置法务保全 解除法务保全 新建任务 任务变更 任务完成 任务免除 任务批量变更 "
    "声明提交审批 声明获批 声明退回修改 声明发布 声明未获批即发布 声明撤回 承诺未兑现 首发平台缺席 时限预警 时限超时 时限达成 时限改期 开始复盘 复盘暂停 复盘继续 "
    "出具复盘报告 复盘决定 复盘完成 复盘决定逾期 风险复评逾期 预防措施逾期 漏巡 巡查签到 制度文件发布 制度文件确认 培训即将过期 培训覆盖率低于目标 工作日历公布 "
    "工作日历缺失 每日简报 每周小结 试运行开始 试运行结束 演练开始 演练暂停 演练继续 演练结束 推送测试 外发停用 外发熔断 外发恢复",
    "breaker_state": "正常 熔断中",
    "payload_format": "标准格式 CloudEvents 格式 钉钉机器人 飞书机器人 企业微信机器人 Slack 机器人",
    "drills": "不含演练 含演练 仅演练",
    "delivery_state": "待送达 已送达 已放弃",
    "contact_kind": "手机 邮箱 微信 其他",
    "import_row_state": "有误 重复 已更新 新增 无变化",
    "caller_kind": "机器密钥 个人密钥 代签令牌 单点登录",
    "role": "查看者 处置人员 组长 法务 管理员 系统集成",
    "department_kind": "公关 运营 法务 业务 其他",
    "scope": "查看舆情 上报和更正舆情 查看监测规则 修改监测规则 查看危机事件 处置危机事件 特批放行 查看声明 起草声明 公关审批声明 回报发布情况 查看复盘和风险清单 复盘和维护风险清单 "
    "查看培训和制度文件 管理培训和制度文件 查看演练 组织演练 巡查打卡和排班 查看数据来源和覆盖率 管理数据来源 查看指标、简报和手册 冻结基线和回放规则 查看外部联系人 "
    "管理外部联系人 查看和订阅事件流 查看外发通知 管理外发通知 管理 API 密钥 查看人员 管理人员 代人员签发令牌 查看未脱敏的个人信息 查看证据文件 上传和关联证据文件 "
    "查看受影响用户 登记受影响用户 法务审批 设置法务保全",
    "drill_state": "待开始 进行中 已暂停 已中止 已结束",
    "inject_source": "剧本 现场加入",
    "attendance_state": "已报名 已参加 缺席",
    "coverage_gap": "未参加 未合格 已过期",
    "series_unit": "周 月",
    "inject_kind": "新帖 数据更新 媒体报道",
    "reaction_kind": "接警响应 紧急会议 信息核实 首次回应 首发平台声明 声明审批 任务",
    "drill_result": "按时 迟到 超时 计时中 未到时限",
    "statement_step": "起草 送审 审批通过 退回修改 发布",
    "document_kind": "员工社交行为准则 危机应对手册 其他制度",
    "acknowledgement_state": "未确认 已确认",
    "outside_contact_kind": "媒体 意见领袖(KOL) 外部律师 主管部门 平台 其他",
    "handbook_section": "分级标准 时限标准 处置流程 应急小组 外部联系人 平台与发布 声明模板 演练剧本 监测规则 风险清单 制度文件 必修培训",
    "handbook_block_kind": "小标题 条目 原文 说明 表格",
    "source_kind": "舆情工具 采集程序 人工巡查 人员 其他",
    "source_state": "静默 从未上报 正常 停用 已退役",
    "silence_end": "恢复上报 设置变更 停用 退役",
    "alert_miss_reason": "无接收端 推送超时",
    "kpi": "体系目标达成 较大及一般事件1小时内响应 重大事件30分钟内响应 核心平台监测覆盖率 平息周期 单起事件负面传播量 培训覆盖率 长效机制运行 按时巡查率 10分钟内预警 "
    "24小时内首份声明 3个工作日内复盘",
    "kpi_unit": "占比 秒 传播量",
    "kpi_direction": "越高越好 越低越好",
    "kpi_gap": "无事发生 无基线 基线为零 尚无判定",
    "kpi_by": "部门 平台 产品 等级",
    "kpi_every": "日 周 月",
    "kpi_subject": "时限 事件 平台 人员 机制 巡查",
    "mechanism": "监测机制 复盘机制 升级机制",
    "mechanism_check": "核心平台有数据 巡查按时完成 预警按时送达 复盘没有逾期 复盘报告按期出具 复盘决定落实 风险按期复评 规则标准按期检视",
    "light": "绿灯 红灯",
    "digest_kind": "每日简报 每周小结",
    "replay_kind": "监测规则 分级标准",
    "replay_state": "排队中 回放中 已完成 失败",
    "replay_failure": "数据过多 多次中断",
    "violation": "泄密 不当言论 其他",
    "programme_phase": "搭建体系 培训演练 试运行 优化定型",
    "programme_state": "未开始 进行中 已到期",
    "programme_check": "应急小组搭建 监测工具到位 监测规则到位 分级与时限标准确认 声明模板到位 准则与手册发布 培训覆盖率达标 准则与手册签收 首次演练 启动试运行 每周小结出具 灵敏度调整 "
    "第二次演练 团队协同响应 复盘按期 三项机制绿灯 试运行结束",
}


def test_every_vocabulary_shows_the_words_of_the_plan():
    assert {name: " ".join(zh for zh, _ in labels.values()) for name, labels in LABELS.items()} == SHOWN


def test_labels_cannot_be_changed_and_all_have_an_english_word():
    with pytest.raises(TypeError):
        LABELS["grade"]["major"] = ("", "")
    assert all(english.isascii() and english for labels in LABELS.values() for _, english in labels.values())


@pytest.mark.parametrize(
    ("platform", "names"),
    [
        ("wechat_official", "公众号,微信,微信公众号,wechat,WeChat,weixin,mp.weixin.qq.com"),
        ("wechat_channels", "视频号,微信视频号,WeChat Channels,wechat-channels"),
        ("weibo", "微博,新浪微博,Sina Weibo,sina_weibo,weibo.com,www.weibo.com,WEIBO,ｗｅｉｂｏ, weibo "),
        ("douyin", "抖音,TikTok CN,aweme,dy,Douyin"),
        ("xiaohongshu", "小红书,XHS,RED,RedNote"),
        ("zhihu", "知乎,Zhihu"),
        ("bilibili", "B站,b站,哔哩哔哩,bili,BiliBili"),
        ("forum", "论坛,贴吧,BBS"),
        ("news", "新闻,资讯,News"),
        ("other", "其他,快手,TikTok"),
    ],
)
def test_a_platform_is_recognised_under_its_common_names_and_the_name_is_kept(platform, names):
    for name in names.split(","):
        assert platform_of(name) == (platform, name)


def test_a_platform_already_in_our_words_needs_no_raw_name():
    for platform in LABELS["platform"]:
        assert platform_of(platform) == (platform, None)


def test_a_blank_platform_is_other_without_a_name():
    assert platform_of(" ") == ("other", None)

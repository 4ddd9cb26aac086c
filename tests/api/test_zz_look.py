import json
from pathlib import Path
from tests.support.reviews import *

async def test_look(client, bare, counter, database, context):
    incident_id = await lived(client, bare, counter, database)
    review_id = await review_of(database, incident_id)
    await answered(database, review_id, answers=json.dumps({"cause": "供应商灌装线密封圈脱落。\n<script>alert(1)</script> 联系 13812345678", "timely": "基本及时。"}), meeting_at=datetime.now(UTC), meeting_note="线上会议")
    f = await facts(client, review_id)
    out = Path("/tmp/w/rd"); out.mkdir(exist_ok=True)
    (out/"facts.json").write_text(json.dumps(f, ensure_ascii=False, indent=1))
    report = await rendered(client, context, review_id)
    print(json.dumps(report, ensure_ascii=False, indent=1))
    for form in ("docx", "html", "markdown", "svg", "png"):
        r = await client.get(f"{REVIEWS}/{review_id}/report/{form}")
        assert r.status_code == 200, r.text
        print(form, r.headers)
        (out/f"report.{form}").write_bytes(r.content)

async def test_x(client, counter):
    r = await client.post(
        "/v1/watch-rules",
        json={"name": "x", "brand_words": ["首光"], "negative_words": ["差评"], "harm_class": "individual"},
    )
    assert r.status_code == 201, r.text
    r = await client.post(
        "/v1/mentions",
        json={
            "platform": "weibo",
            "external_id": "fl1",
            "text": "首光差 评",
            "reposts": 10001,
            "published_at": "2026-11-24T00:00:00Z",
            "observed_at": "2026-11-24T00:01:00Z",
        },
    )
    assert r.status_code == 201, r.text
    assert await counter.sweep() == 1
    m = (await client.get("/v1/mentions/" + r.json()["id"])).json()
    i = (await client.get("/v1/incidents/" + m["incident_id"])).json()
    assert i["grade"] == "general"

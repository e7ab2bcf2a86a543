"""Sources behind some of the demo's data: entered, scheduled, and leading nowhere, since no such host exists."""

from collection import services
from collection.models import Dataset
from collection.policies import DEMO_JOB
from collection.services import SourceFields
from core.actors import system_actor

DEMO = system_actor(DEMO_JOB)
HOST = "dibao.mzj.yunchuan.example"


def demo_sources_load() -> int:
    """Allow the host of one system and enter two sources, one of which waits to be allowed; return their number."""
    dataset = Dataset.objects.get(name="最低生活保障对象信息")
    services.destination_add(
        actor=DEMO, host=HOST, networks=["10.20.0.0/16"], ports=[443], reason="市民政局低保业务系统接口，市民政局申请"
    )
    services.source_add(
        actor=DEMO,
        dataset_id=dataset.pk,
        kind="http",
        fields=SourceFields(
            name="低保业务系统接口",
            settings={
                "url": f"https://{HOST}/api/objects",
                "shape": "pages",
                "records_path": "data.list",
                "total_path": "data.total",
                "size_parameter": "size",
                "sign_in": "bearer",
            },
            secret="demo-token",  # noqa: S106  opens nothing
        ),
    )
    services.source_add(
        actor=DEMO,
        dataset_id=dataset.pk,
        kind="http",
        fields=SourceFields(
            name="县区上报文件",
            settings={"url": "http://files.donghu.example/dibao.csv"},
            mode="upsert",
            timetable={"rhythm": "weekly", "weekdays": [1, 3], "at": 6 * 60 + 30, "skips_rest_days": True},
        ),
    )
    return 2

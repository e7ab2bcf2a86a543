"""Reference data of sharing: the first terms of use. Loading twice changes nothing."""

from django.db import transaction

from core import clock
from sharing.models import Terms
from workflow.reference import IN_FORCE

TERMS = """一、本条款适用于无条件共享的政务数据。需求部门接受本条款后，可以在平台上直接取得授权并获取数据。
二、需求部门应当在申明的用途、系统和期限内使用数据，不得扩大使用范围和用途；未经提供部门同意，不得提供给第三方。
三、需求部门对数据的使用安全负责，采取相应的技术和管理措施，防范数据泄露、篡改，防范汇聚、关联带来的泄露风险。
四、需求部门记录数据的使用场景、使用过程、应用成效、存储和销毁情况，记录保存不少于三年，接受提供部门和主管部门的检查。
五、使用目的实现、无法实现或者不再需要的，需求部门应当及时终止授权，并按照提供部门的要求处置数据。
六、发现数据有误的，应当通过平台提出校核申请，不得自行更改后作为原数据使用。
七、违反本条款的，提供部门或者主管部门可以暂停授权、要求整改，直至终止授权。"""


@transaction.atomic
def load() -> int:
    """Load what is missing; return how many rows were added."""
    if Terms.objects.exists():
        return 0
    Terms.objects.create(number=1, text=TERMS, valid_from=clock.end_of_day(IN_FORCE), created_by_name="platform")
    return 1

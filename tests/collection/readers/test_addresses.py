"""An address is shown to its district and never below, by the pattern as PostgreSQL reads it."""

import pytest
from django.db import connections
from psycopg import sql

from catalog.choices import Mask
from collection.readers.masks import Parameters, masked
from collection.store.columns import Column

COLUMN = Column("1", "地址", "", "C", "address", mask=Mask.ADDRESS)


@pytest.mark.django_db(databases=["default", "store"])
@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("云川市东湖区人民路12号", "云川市东湖区***"),
        ("东湖区人民路1号", "东湖区***"),
        ("北岭县柳林镇", "北岭县***"),
        ("福建省泉州市晋江市新塘街道沙塘社区", "福建省泉州市晋江市***"),
        ("福建省晋江市深沪镇西峰村", "福建省晋江市***"),
        ("南安市诗山镇林埔口工业区", "南安市***"),
        ("福清市江镜镇柯屿村柯屿垦区内", "福清市***"),
        ("泉州市丰泽北峰工业区", "泉州市***"),
        ("厦门市火炬高新技术产业开发区", "厦门市***"),
        ("泉州市红旗路3号", "泉州市***"),
        ("泉州市超级市场旁", "泉州市***"),
        ("某某小区3栋", "***"),
        ("人民路12号", "***"),
        ("联盟路3号", "***"),
        ("", "***"),
        ("北京市朝阳区建国路", "北京市朝阳区***"),
        ("上海市浦东新区世纪大道", "上海市浦东新区***"),
        ("河南省新乡市红旗区宝泉街道", "河南省新乡市红旗区***"),
        ("江苏省镇江市京口区", "江苏省镇江市京口区***"),
        ("哈尔滨市道里区中央大街", "哈尔滨市道里区***"),
        ("湖南省长沙市宁乡市玉潭街道", "湖南省长沙市宁乡市***"),
        ("内蒙古自治区呼伦贝尔市鄂温克族自治旗巴彦托海镇", "内蒙古自治区呼伦贝尔市鄂温克族自治旗***"),
        ("内蒙古自治区锡林郭勒盟锡林浩特市", "内蒙古自治区锡林郭勒盟锡林浩特市***"),
        ("新疆维吾尔自治区伊犁哈萨克自治州察布查尔锡伯自治县", "新疆维吾尔自治区伊犁哈萨克自治州察布查尔锡伯自治县***"),
        ("黑龙江省齐齐哈尔市梅里斯达斡尔族区", "黑龙江省齐齐哈尔市梅里斯达斡尔族区***"),
        ("西藏自治区阿里地区噶尔县", "西藏自治区阿里地区噶尔县***"),
        ("新北市板橋區文化路", "新北市板橋區***"),
        ("北京市天通苑东区12号楼3单元", "北京市***"),
        ("北京市新龙城二区5号楼", "北京市***"),
        ("清河一区5号", "***"),
        ("苏州市独墅湖东区", "苏州市***"),
        ("苏州市吴中区独墅湖东区", "苏州市吴中区***"),
        ("东莞市万科城市花园3幢", "东莞市***"),
        ("幸福里新城市8栋2单元", "***"),
        ("杭州市阳光超市旁102室", "杭州市***"),
        ("张三丰家超市", "***"),
        ("中山市幸福新区3号", "中山市***"),
        ("四川省攀枝花市东区炳草岗", "四川省攀枝花市东区***"),
        ("福建省厦门市湖里区禾山街道", "福建省厦门市湖里区***"),
        ("山西省晋城市城区西街", "山西省晋城市城区***"),
        ("湖北省潜江市", "湖北省潜江市***"),
        ("浙江省江山市贺村镇", "浙江省江山市***"),
        ("江苏省盐城市亭湖区", "江苏省盐城市亭湖区***"),
        ("厦门市东港花园门市部", "厦门市***"),
        ("哈尔滨市双城区", "哈尔滨市双城区***"),
        (None, None),
    ],
)
def test_an_address_is_cut_at_its_district(address: str | None, shown: str | None) -> None:
    expression = masked(COLUMN, Mask.ADDRESS, Parameters(), b"")
    statement = sql.SQL("SELECT {} FROM (SELECT %s::text AS address) t").format(expression)
    with connections["store"].cursor() as run:
        run.execute(statement, [address])
        assert run.fetchone() == (shown,)

"""How far an address may be shown: to its district or county, never below (masking practice: cut at 区/县).

A pattern of the administrative levels as they follow each other from the beginning: province, city, district, county,
banner or county-level city. What only sounds like one is none – 社区, 工业区, 超市, 红旗路 – and neither is anything
that follows a township, a street or a number. An estate may be called 东区, 新区 or 城市 too: a name that ends so is
shown only where it is one of the country's (GB/T 2260). Where the form is doubtful the address is cut earlier.
"""

from accounts.reference import region_names

_CHARACTER = "[^省市区區县縣旗镇鎮乡鄉街道路村巷弄号號组組社0-9０-９A-Za-z \u3000,，(（]"
"""A character of a name; those that end a level, or begin what lies below one, are none."""

_DOUBTFUL_BEFORE_DISTRICT = (
    "小大内外上中下左右前后後东東南西北新老一二三四五六七八九十甲乙丙丁苑城里裡村"
    "业業园園发發垦墾理景校厂廠库庫税稅假范範验驗作港务務流军軍院病片宅活宿"
)

_NO_DISTRICT = f"(?<![{_DOUBTFUL_BEFORE_DISTRICT}])"
_NO_SHOP = "(?<![超城夜菜早楼樓闹鬧])"
_TOWN = "[^省市区區县縣旗路街新大小老金东東南西北中0-9A-Za-z]城"
"""As in 盐城市 and 晋城市: one character before it, for estates are called 新城市 and 万科城市."""
_NO_STREET = "(?![路街村大小镇鎮乡鄉社坊巷区區])"
_NO_MARKET = "(?![部场場民政广廣])"


DOUBTFUL_DISTRICTS = sorted(
    name for name in region_names() if name[-1] == "区" and name[-2] in _DOUBTFUL_BEFORE_DISTRICT
)
"""Looked for beside the pattern, which is followed anew for each value: with them it would take five times as long."""

_PROVINCE = f"(?:{_CHARACTER}{{2,7}}(?:省|自治[区區]|特[别別]行政[区區]))?"
_CITY = (
    f"(?:{_TOWN}市{_NO_MARKET}"
    f"|[镇鎮]?{_CHARACTER}{{1,8}}(?:[乡鄉]?{_NO_SHOP}市{_NO_MARKET}|自治州|地[区區])"
    f"|[镇鎮]?[新萍宁寧][乡鄉]市{_NO_MARKET}|{_CHARACTER}{{2,6}}盟{_NO_STREET})?"
)
_DISTRICT = (
    "(?:市[辖轄][区區])?(?:"
    f"红旗区|紅旗區|[镇鎮路道]?{_CHARACTER}{{1,4}}{_NO_DISTRICT}[区區]|{_CHARACTER}{{2,8}}族[区區]"
    f"|{_CHARACTER}{{2,14}}自治[县縣旗]|[镇鎮]?{_CHARACTER}{{1,4}}[县縣]|[乡鄉][宁寧城][县縣]"
    f"|{_CHARACTER}{{1,8}}旗{_NO_STREET}|[宁寧][乡鄉]市|{_CHARACTER}{{1,5}}{_NO_SHOP}市{_NO_MARKET})?"
)

TO_CITY = f"^{_PROVINCE}{_CITY}"
TO_DISTRICT = f"{TO_CITY}{_DISTRICT}"
"""For ``substring(… from …)``: what may be shown; empty where nothing may."""

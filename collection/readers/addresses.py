"""How far an address may be shown: to its district or county, never below (masking practice: cut at 区/县).

A pattern of the administrative levels as they follow each other from the beginning: province, city, district, county,
banner or county-level city. What only sounds like one is none – 社区, 工业区, 开发区, 红旗路 – and neither is anything
that follows a township, a street or a number. Where the form is doubtful the address is cut earlier.
"""

_CHARACTER = "[^省市区區县縣旗镇鎮乡鄉街道路村巷弄号號组組社0-9０-９A-Za-z \u3000,，(（]"
"""A character of a name; those that end a level, or begin what lies below one, are none."""

_NO_DISTRICT = "(?<![小业業园園发發垦墾理景校厂廠库庫税稅假范範验驗作港务務流军軍院病片宅活宿])"
_NO_STREET = "(?![路街村大小镇鎮乡鄉社坊巷区區])"
_NO_MARKET = "(?![场場民政广廣])"

_PROVINCE = f"(?:{_CHARACTER}{{2,7}}(?:省|自治[区區]|特[别別]行政[区區]))?"
_CITY = (
    f"(?:[镇鎮]?{_CHARACTER}{{1,8}}(?:[乡鄉]?市{_NO_MARKET}|自治州|地[区區])"
    f"|[镇鎮]?[新萍宁寧][乡鄉]市{_NO_MARKET}|{_CHARACTER}{{2,6}}盟{_NO_STREET})?"
)
_DISTRICT = (
    "(?:市[辖轄][区區])?(?:"
    f"红旗区|紅旗區|[镇鎮路道]?{_CHARACTER}{{1,4}}{_NO_DISTRICT}[区區]|{_CHARACTER}{{2,8}}族[区區]"
    f"|{_CHARACTER}{{2,14}}自治[县縣旗]|[镇鎮]?{_CHARACTER}{{1,4}}[县縣]|[乡鄉][宁寧城][县縣]"
    f"|{_CHARACTER}{{1,8}}旗{_NO_STREET}|[宁寧][乡鄉]市|{_CHARACTER}{{1,5}}市{_NO_MARKET})?"
)

TO_DISTRICT = f"^{_PROVINCE}{_CITY}{_DISTRICT}"
"""For ``substring(… from …)``: what may be shown; empty where nothing may."""

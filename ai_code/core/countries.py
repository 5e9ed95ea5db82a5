"""Countries as settings and catalogues name them: the two-letter codes of ISO 3166-1.

A code that nobody has would exclude nothing, and nobody would notice: it is refused, with the one
that was probably meant.
"""

from __future__ import annotations

from collections.abc import Mapping

_TABLE = """
AD Andorra; AE United Arab Emirates; AF Afghanistan; AG Antigua and Barbuda; AI Anguilla;
AL Albania; AM Armenia; AO Angola; AQ Antarctica; AR Argentina; AS American Samoa; AT Austria;
AU Australia; AW Aruba; AX Aland Islands; AZ Azerbaijan; BA Bosnia and Herzegovina; BB Barbados;
BD Bangladesh; BE Belgium; BF Burkina Faso; BG Bulgaria; BH Bahrain; BI Burundi; BJ Benin;
BL Saint Barthelemy; BM Bermuda; BN Brunei; BO Bolivia; BQ Bonaire; BR Brazil; BS Bahamas;
BT Bhutan; BV Bouvet Island; BW Botswana; BY Belarus; BZ Belize; CA Canada; CC Cocos Islands;
CD DR Congo; CF Central African Republic; CG Congo; CH Switzerland; CI Ivory Coast;
CK Cook Islands; CL Chile; CM Cameroon; CN China; CO Colombia; CR Costa Rica; CU Cuba;
CV Cape Verde; CW Curacao; CX Christmas Island; CY Cyprus; CZ Czechia; DE Germany; DJ Djibouti;
DK Denmark; DM Dominica; DO Dominican Republic; DZ Algeria; EC Ecuador; EE Estonia; EG Egypt;
EH Western Sahara; ER Eritrea; ES Spain; ET Ethiopia; FI Finland; FJ Fiji; FK Falkland Islands;
FM Micronesia; FO Faroe Islands; FR France; GA Gabon; GB United Kingdom; GD Grenada; GE Georgia;
GF French Guiana; GG Guernsey; GH Ghana; GI Gibraltar; GL Greenland; GM Gambia; GN Guinea;
GP Guadeloupe; GQ Equatorial Guinea; GR Greece; GS South Georgia; GT Guatemala; GU Guam;
GW Guinea-Bissau; GY Guyana; HK Hong Kong; HM Heard Island; HN Honduras; HR Croatia; HT Haiti;
HU Hungary; ID Indonesia; IE Ireland; IL Israel; IM Isle of Man; IN India;
IO British Indian Ocean Territory; IQ Iraq; IR Iran; IS Iceland; IT Italy; JE Jersey;
JM Jamaica; JO Jordan; JP Japan; KE Kenya; KG Kyrgyzstan; KH Cambodia; KI Kiribati; KM Comoros;
KN Saint Kitts and Nevis; KP North Korea; KR South Korea; KW Kuwait; KY Cayman Islands;
KZ Kazakhstan; LA Laos; LB Lebanon; LC Saint Lucia; LI Liechtenstein; LK Sri Lanka; LR Liberia;
LS Lesotho; LT Lithuania; LU Luxembourg; LV Latvia; LY Libya; MA Morocco; MC Monaco; MD Moldova;
ME Montenegro; MF Saint Martin; MG Madagascar; MH Marshall Islands; MK North Macedonia; ML Mali;
MM Myanmar; MN Mongolia; MO Macao; MP Northern Mariana Islands; MQ Martinique; MR Mauritania;
MS Montserrat; MT Malta; MU Mauritius; MV Maldives; MW Malawi; MX Mexico; MY Malaysia;
MZ Mozambique; NA Namibia; NC New Caledonia; NE Niger; NF Norfolk Island; NG Nigeria;
NI Nicaragua; NL Netherlands; NO Norway; NP Nepal; NR Nauru; NU Niue; NZ New Zealand; OM Oman;
PA Panama; PE Peru; PF French Polynesia; PG Papua New Guinea; PH Philippines; PK Pakistan;
PL Poland; PM Saint Pierre and Miquelon; PN Pitcairn; PR Puerto Rico; PS Palestine; PT Portugal;
PW Palau; PY Paraguay; QA Qatar; RE Reunion; RO Romania; RS Serbia; RU Russia; RW Rwanda;
SA Saudi Arabia; SB Solomon Islands; SC Seychelles; SD Sudan; SE Sweden; SG Singapore;
SH Saint Helena; SI Slovenia; SJ Svalbard; SK Slovakia; SL Sierra Leone; SM San Marino;
SN Senegal; SO Somalia; SR Suriname; SS South Sudan; ST Sao Tome and Principe; SV El Salvador;
SX Sint Maarten; SY Syria; SZ Eswatini; TC Turks and Caicos Islands; TD Chad;
TF French Southern Territories; TG Togo; TH Thailand; TJ Tajikistan; TK Tokelau; TL Timor-Leste;
TM Turkmenistan; TN Tunisia; TO Tonga; TR Turkey; TT Trinidad and Tobago; TV Tuvalu; TW Taiwan;
TZ Tanzania; UA Ukraine; UG Uganda; UM United States Minor Outlying Islands; US United States;
UY Uruguay; UZ Uzbekistan; VA Vatican City; VC Saint Vincent; VE Venezuela;
VG British Virgin Islands; VI US Virgin Islands; VN Vietnam; VU Vanuatu; WF Wallis and Futuna;
WS Samoa; YE Yemen; YT Mayotte; ZA South Africa; ZM Zambia; ZW Zimbabwe
"""
"""Codes and short English names; where a name has accents, without them."""

NAMES: Mapping[str, str] = {
    each.strip()[:2]: each.strip()[3:] for each in _TABLE.replace("\n", " ").split(";")
}
"""Country code → its name."""

_ALSO: Mapping[str, str] = {
    "uk": "GB", "great britain": "GB", "england": "GB", "usa": "US", "america": "US",
    "prc": "CN", "uae": "AE", "korea": "KR", "holland": "NL", "burma": "MM", "roc": "TW",
    "chn": "CN", "jpn": "JP", "gbr": "GB", "fra": "FR", "deu": "DE", "kor": "KR", "can": "CA",
    "are": "AE", "rus": "RU", "isr": "IL", "ind": "IN", "twn": "TW", "hkg": "HK", "sgp": "SG",
    "che": "CH", "中国": "CN", "中華人民共和国": "CN", "日本": "JP", "米国": "US",
    "アメリカ": "US", "アメリカ合衆国": "US", "フランス": "FR", "英国": "GB", "イギリス": "GB",
    "韓国": "KR", "カナダ": "CA", "ドイツ": "DE", "ロシア": "RU", "台湾": "TW", "香港": "HK",
    "北朝鮮": "KP", "イラン": "IR", "インド": "IN", "アラブ首長国連邦": "AE", "イスラエル": "IL",
}  # fmt: skip
"""What people write instead: other names, codes of three letters, names in Japanese."""


OF_MAKERS = ("AE", "CA", "CN", "FR", "GB", "JP", "KR", "US")
"""Where the makers of our own catalogue are: what a message names."""


def country_code(text: str) -> str:
    """The code in capitals; empty where it is none."""
    code = text.upper()
    return code if code in NAMES else ""


def nearest_code(text: str) -> str:
    """The code that was probably meant by a country's name or another code; empty where none
    comes near."""
    import difflib

    word = " ".join(text.casefold().split())
    if word in _ALSO:
        return _ALSO[word]
    by_name = {name.casefold(): code for code, name in NAMES.items()}
    near = difflib.get_close_matches(word, by_name, n=1, cutoff=0.8) if len(word) > 3 else []
    return by_name[near[0]] if near else ""


def no_country(text: str) -> str:
    """What is said of a text that is no code: the code that was meant, or those there are."""
    near = nearest_code(text)
    meant = f"did you mean {near}?" if near else f"makers are from {', '.join(OF_MAKERS)}"
    return f"is no country code (two letters of ISO 3166); {meant}"

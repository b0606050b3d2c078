"""SPDX identifiers by family: what a licence asks of those who use the text.

Compiled from the SPDX list (spdx.org/licenses), the Blue Oak Council's list of permissive licences
(blueoakcouncil.org/list) and the licences' own texts. An identifier that is not here is unknown.
"""

from enum import StrEnum
from functools import cache


class Family(StrEnum):
    """From the freest to what nobody may use; the first five are an order."""

    PUBLIC_DOMAIN = "public-domain"
    PERMISSIVE = "permissive"
    WEAK_COPYLEFT = "weak-copyleft"
    STRONG_COPYLEFT = "strong-copyleft"
    NETWORK_COPYLEFT = "network-copyleft"
    NON_COMMERCIAL = "non-commercial"
    NO_DERIVATIVES = "no-derivatives"
    SOURCE_AVAILABLE = "source-available"
    PROPRIETARY = "proprietary"


# Names that say a family and no one licence; a policy allows them only when it names them.
UNSPECIFIED_BSD = "LicenseRef-unspecified-BSD"
UNSPECIFIED_GPL = "LicenseRef-unspecified-GPL"
UNSPECIFIED_LGPL = "LicenseRef-unspecified-LGPL"
PUBLIC_DOMAIN = "LicenseRef-public-domain"
PROPRIETARY = "LicenseRef-proprietary"

_IDS: dict[Family, str] = {
    Family.PUBLIC_DOMAIN: f"""
        0BSD CC0-1.0 CC-PDDC MIT-0 NIST-PD NIST-PD-fallback PDDL-1.0 SAX-PD Unlicense WTFPL
        blessing libselinux-1.0 {PUBLIC_DOMAIN}""",
    Family.PERMISSIVE: """
        AFL-2.0 AFL-2.1 AFL-3.0 Apache-1.0 Apache-1.1 Apache-2.0 Artistic-1.0 Artistic-1.0-Perl
        Artistic-2.0 BlueOak-1.0.0 BSD-1-Clause BSD-2-Clause BSD-2-Clause-Patent
        BSD-2-Clause-Views BSD-3-Clause BSD-3-Clause-Attribution BSD-3-Clause-Clear
        BSD-3-Clause-HP BSD-3-Clause-LBNL BSD-3-Clause-Modification BSD-3-Clause-Open-MPI
        BSD-3-Clause-Sun BSD-4-Clause BSD-4-Clause-Shortened BSD-4-Clause-UC BSD-4.3RENO
        BSD-4.3TAHOE BSD-Source-Code BSL-1.0 CC-BY-1.0 CC-BY-2.0 CC-BY-2.5 CC-BY-3.0
        CC-BY-4.0 CNRI-Python CNRI-Python-GPL-Compatible curl ECL-2.0 EFL-2.0 FSFAP FSFUL
        FSFULLR FSFULLRWD FTL GD HPND HPND-sell-variant ICU IJG IJG-short ISC Info-ZIP
        JasPer-2.0 Latex2e libpng-2.0 Libpng libtiff Linux-OpenIB MIT MIT-advertising MIT-CMU
        MIT-enna MIT-feh MIT-Festival MIT-Modern-Variant MIT-open-group MITNFA
        Minpack mpich2 MS-PL MulanPSL-1.0 MulanPSL-2.0 NAIST-2003 NCSA NTP NTP-0
        OLDAP-2.8 OLFL-1.3 OpenSSL OpenSSL-standalone PHP-3.0 PHP-3.01 Plexus PostgreSQL PSF-2.0
        Python-2.0 Python-2.0.1 Ruby SGI-B-2.0 SMLNJ SSH-OpenSSH SSH-short SunPro Spencer-86
        Spencer-94 Spencer-99 TCL TCP-wrappers Unicode-3.0 Unicode-DFS-2015 Unicode-DFS-2016
        UnixCrypt UPL-1.0 Vim W3C W3C-19980720 W3C-20150513 X11
        X11-distribute-modifications-variant Xnet xpp Zed Zend-2.0 Zlib zlib-acknowledgement
        ZPL-1.1 ZPL-2.0 ZPL-2.1 bzip2-1.0.6 etalab-2.0 snprintf Adobe-Glyph Beerware Boehm-GC
        Bitstream-Vera CDLA-Permissive-1.0 CDLA-Permissive-2.0 ODC-By-1.0 OGL-UK-3.0""",
    Family.WEAK_COPYLEFT: f"""
        APSL-2.0 CC-BY-SA-2.0 CC-BY-SA-2.5 CC-BY-SA-3.0 CC-BY-SA-4.0 CDDL-1.0 CDDL-1.1
        CDLA-Sharing-1.0 CPL-1.0 CECILL-C EPL-1.0 EPL-2.0 EUPL-1.1 EUPL-1.2 GFDL-1.1-only
        GFDL-1.1-or-later
        GFDL-1.2-only GFDL-1.2-or-later GFDL-1.3-only GFDL-1.3-or-later IPL-1.0 LGPL-2.0-only
        LGPL-2.0-or-later LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0-only LGPL-3.0-or-later
        LPPL-1.3a LPPL-1.3c MPL-1.0 MPL-1.1 MPL-2.0 MPL-2.0-no-copyleft-exception MS-RL NPL-1.1
        ODbL-1.0 OFL-1.0 OFL-1.1 OFL-1.1-RFN OFL-1.1-no-RFN SPL-1.0 Watcom-1.0
        {UNSPECIFIED_LGPL}""",
    Family.STRONG_COPYLEFT: f"""
        CECILL-2.0 CECILL-2.1 GPL-1.0-only GPL-1.0-or-later GPL-2.0-only GPL-2.0-or-later
        GPL-3.0-only GPL-3.0-or-later OSL-1.0 OSL-2.1 Sleepycat copyleft-next-0.3.1
        {UNSPECIFIED_GPL}""",
    Family.NETWORK_COPYLEFT: """
        AGPL-1.0-only AGPL-1.0-or-later AGPL-3.0-only AGPL-3.0-or-later CAL-1.0 CPAL-1.0
        OSL-3.0 RPL-1.5 SSPL-1.0""",
    Family.NON_COMMERCIAL: """
        CC-BY-NC-1.0 CC-BY-NC-2.0 CC-BY-NC-2.5 CC-BY-NC-3.0 CC-BY-NC-4.0 CC-BY-NC-SA-1.0
        CC-BY-NC-SA-2.0 CC-BY-NC-SA-2.5 CC-BY-NC-SA-3.0 CC-BY-NC-SA-4.0
        PolyForm-Noncommercial-1.0.0""",
    Family.NO_DERIVATIVES: """
        CC-BY-ND-1.0 CC-BY-ND-2.0 CC-BY-ND-2.5 CC-BY-ND-3.0 CC-BY-ND-4.0 CC-BY-NC-ND-1.0
        CC-BY-NC-ND-2.0 CC-BY-NC-ND-2.5 CC-BY-NC-ND-3.0 CC-BY-NC-ND-4.0""",
    Family.SOURCE_AVAILABLE: """
        BUSL-1.1 Elastic-2.0 JSON PolyForm-Small-Business-1.0.0 Parity-7.0.0""",
    Family.PROPRIETARY: PROPRIETARY,
}

# Exceptions by which code that links to the work stays free of its copyleft.
LINKING_EXCEPTIONS = frozenset(
    {
        "Classpath-exception-2.0",
        "FLTK-exception",
        "Font-exception-2.0",
        "GCC-exception-2.0",
        "GCC-exception-3.1",
        "GNAT-exception",
        "GPL-3.0-linking-exception",
        "GPL-3.0-linking-source-exception",
        "LGPL-3.0-linking-exception",
        "Libtool-exception",
        "Linux-syscall-note",
        "OCaml-LGPL-linking-exception",
        "Qwt-exception-1.0",
        "WxWindows-exception-3.1",
        "eCos-exception-2.0",
        "freertos-exception-2.0",
        "i2p-gpl-java-exception",
        "mif-exception",
    }
)


@cache
def family_of(id: str) -> Family | None:
    """The family of an SPDX identifier in its current spelling; None for one not known here."""
    return _by_id().get(id)


@cache
def _by_id() -> dict[str, Family]:
    return {key: family for family, keys in _IDS.items() for key in keys.split()}

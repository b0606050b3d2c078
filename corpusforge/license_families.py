"""Licence families: SPDX identifiers by what a licence asks of those who use the text.

Compiled from the SPDX list (spdx.org/licenses), the Blue Oak Council's list of permissive licences
(blueoakcouncil.org/list) and the licences' own texts. Other identifiers are unknown.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache


class Family(StrEnum):
    """A family of licences; the first five are ordered, the freest first."""

    PUBLIC_DOMAIN = "public-domain"
    PERMISSIVE = "permissive"
    WEAK_COPYLEFT = "weak-copyleft"
    STRONG_COPYLEFT = "strong-copyleft"
    NETWORK_COPYLEFT = "network-copyleft"
    NON_COMMERCIAL = "non-commercial"
    NO_DERIVATIVES = "no-derivatives"
    SOURCE_AVAILABLE = "source-available"
    PROPRIETARY = "proprietary"


# The families that each named policy keeps, from the strictest policy to the loosest.
POLICIES: Mapping[str, frozenset[Family]] = {
    "permissive": frozenset({Family.PUBLIC_DOMAIN, Family.PERMISSIVE}),
    "weak-copyleft": frozenset({Family.PUBLIC_DOMAIN, Family.PERMISSIVE, Family.WEAK_COPYLEFT}),
    "any": frozenset(Family),
}

# Names without a version or a variant.
UNSPECIFIED = "LicenseRef-unspecified-"
UNSPECIFIED_BSD = f"{UNSPECIFIED}BSD"
UNSPECIFIED_GPL = f"{UNSPECIFIED}GPL"
UNSPECIFIED_LGPL = f"{UNSPECIFIED}LGPL"
PUBLIC_DOMAIN = "LicenseRef-public-domain"
PROPRIETARY = "LicenseRef-proprietary"

_IDS: dict[Family, str] = {
    Family.PUBLIC_DOMAIN: f"""
        0BSD ANTLR-PD ANTLR-PD-fallback bcrypt-Solar-Designer blessing CC-PDDC CC-PDM-1.0 CC0-1.0
        diffmark GLWTPL libselinux-1.0 LZMA-SDK-9.22 MIT-0 NCBI-PD NIST-PD NIST-PD-fallback
        NTIA-PD PDDL-1.0 SAX-PD SAX-PD-2.0 Unlicense Unlicense-libtelnet Unlicense-libwhirlpool
        WTFPL {PUBLIC_DOMAIN}""",
    Family.PERMISSIVE: """
        AAL Abstyles Adobe-2006 Adobe-Display-PostScript Adobe-Glyph Adobe-Utopia AFL-1.1 AFL-1.2
        AFL-2.0 AFL-2.1 AFL-3.0 Afmparse AMD-newlib AML AML-glslang Apache-1.0 Apache-1.1
        Apache-2.0 APAFML App-s2p Artistic-1.0 Artistic-1.0-cl8 Artistic-1.0-Perl Artistic-2.0
        Artistic-dist Bahyph Barr Beerware Bitstream-Charter Bitstream-Vera BlueOak-1.0.0 Boehm-GC
        Boehm-GC-without-fee Borceux Brian-Gladman-2-Clause Brian-Gladman-3-Clause BSD-1-Clause
        BSD-2-Clause BSD-2-Clause-Darwin BSD-2-Clause-first-lines BSD-2-Clause-Patent
        BSD-2-Clause-pkgconf-disclaimer BSD-2-Clause-Views BSD-3-Clause BSD-3-Clause-acpica
        BSD-3-Clause-Attribution BSD-3-Clause-Clear BSD-3-Clause-flex BSD-3-Clause-HP
        BSD-3-Clause-LBNL BSD-3-Clause-Modification BSD-3-Clause-Open-MPI BSD-3-Clause-Sun
        BSD-4-Clause BSD-4-Clause-Shortened BSD-4-Clause-UC BSD-4.3RENO BSD-4.3TAHOE
        BSD-Advertising-Acknowledgement BSD-Attribution-HPND-disclaimer BSD-Inferno-Nettverk
        BSD-Source-beginning-file BSD-Source-Code BSD-Systemics BSD-Systemics-W3Works BSL-1.0
        bzip2-1.0.6 CC-BY-1.0 CC-BY-2.0 CC-BY-2.5 CC-BY-2.5-AU CC-BY-3.0 CC-BY-3.0-AT CC-BY-3.0-AU
        CC-BY-3.0-DE CC-BY-3.0-IGO CC-BY-3.0-NL CC-BY-3.0-US CC-BY-4.0 CDLA-Permissive-1.0
        CDLA-Permissive-2.0 CECILL-B CERN-OHL-P-2.0 CFITSIO check-cvs checkmk ClArtistic Clips
        CMU-Mach CMU-Mach-nodoc CNRI-Jython CNRI-Python CNRI-Python-GPL-Compatible
        Cornell-Lossless-JPEG Crossword CryptoSwift CrystalStacker Cube curl DEC-3-Clause DOC
        Dotseqn DSDP dtoa dvipdfm ECL-1.0 ECL-2.0 EFL-1.0 EFL-2.0 eGenix Entessa etalab-2.0
        EUDatagrid Fair FBM Ferguson-Twofish FreeBSD-DOC FSFAP FSFAP-no-warranty-disclaimer FSFUL
        FSFULLR FSFULLRSD FSFULLRWD FTL GD generic-xts Giftware Graphics-Gems gtkbook Gutmann
        HaskellReport HDF5 hdparm HIDAPI HP-1986 HP-1989 HPND HPND-DEC HPND-doc HPND-doc-sell
        HPND-export-US HPND-export-US-acknowledgement HPND-export-US-modify HPND-export2-US
        HPND-Fenneberg-Livingston HPND-INRIA-IMAG HPND-Intel HPND-Kevlin-Henney HPND-Markus-Kuhn
        HPND-merchantability-variant HPND-MIT-disclaimer HPND-Netrek HPND-Pbmplus
        HPND-sell-MIT-disclaimer-xserver HPND-sell-regexpr HPND-sell-variant
        HPND-sell-variant-MIT-disclaimer HPND-sell-variant-MIT-disclaimer-rev HPND-UC
        HPND-UC-export-US HTMLTIDY IBM-pibs ICU IJG IJG-short ImageMagick Imlib2 Info-ZIP
        Inner-Net-2.0 Intel Intel-ACPI ISC ISC-Veillard Jam JasPer-2.0 jove JPL-image JPNIC
        Kastrup Kazlib Latex2e Latex2e-translated-notice Leptonica Libpng libpng-1.6.35 libpng-2.0
        libtiff libutil-David-Nugent Linux-OpenIB LOOP LPD-document lsof Lucida-Bitmap-Fonts
        Mackerras-3-Clause Mackerras-3-Clause-acknowledgment mailprio MakeIndex man2html
        Martin-Birgmeier McPhee-slideshow metamail Minpack MirOS MIT MIT-advertising MIT-Click
        MIT-CMU MIT-enna MIT-feh MIT-Festival MIT-Khronos-old MIT-Modern-Variant MIT-open-group
        MIT-testregex MIT-Wu MITNFA mpi-permissive mpich2 mplus MS-PL MulanPSL-1.0 MulanPSL-2.0
        Multics NAIST-2003 Naumen NCL NCSA NetCDF Newsletr ngrep NICTA-1.0 NIST-Software
        NLOD-1.0 NLOD-2.0 Noweb NRL NTP NTP-0 OAR ODC-By-1.0 OFFIS OGC-1.0 OGL-UK-1.0 OGL-UK-2.0
        OGL-UK-3.0 OLDAP-2.0 OLDAP-2.0.1 OLDAP-2.2 OLDAP-2.2.1 OLDAP-2.2.2 OLDAP-2.3 OLDAP-2.4
        OLDAP-2.5 OLDAP-2.6 OLDAP-2.7 OLDAP-2.8 OLFL-1.3 OML OpenSSL OpenSSL-standalone OpenVision
        PADL PHP-3.0 PHP-3.01 Pixar pkgconf Plexus pnmstitch PostgreSQL PSF-2.0 psfrag psutils
        Python-2.0 Python-2.0.1 python-ldap Qhull radvd Rdisc RSA-MD Ruby Ruby-pty Saxpath
        SchemeReport SGI-B-2.0 SGI-OpenGL SGP4 SL SMLNJ snprintf SOFA softSurfer Soundex
        Spencer-86 Spencer-94 Spencer-99 SSH-OpenSSH SSH-short SSLeay-standalone Sun-PPP
        Sun-PPP-2000 SunPro SWL swrule Symlinks TCL TCP-wrappers TermReadKey ThirdEye
        threeparttable TTYP0 TU-Berlin-1.0 TU-Berlin-2.0 UCAR UMich-Merit Unicode-3.0
        Unicode-DFS-2015 Unicode-DFS-2016 UnixCrypt UPL-1.0 URT-RLE Vim W3C W3C-19980720
        W3C-20150513 w3m Widget-Workshop Wsuipa wwl X11 X11-distribute-modifications-variant
        X11-swapped Xdebug-1.03 Xerox Xfig XFree86-1.1 xinetd xkeyboard-config-Zinoviev xlock Xnet
        xpp XSkat xzoom Zed Zend-2.0 Zlib zlib-acknowledgement ZPL-1.1 ZPL-2.0 ZPL-2.1""",
    Family.WEAK_COPYLEFT: f"""
        APSL-1.0 APSL-1.1 APSL-1.2 APSL-2.0 CC-BY-SA-1.0 CC-BY-SA-2.0 CC-BY-SA-2.0-UK
        CC-BY-SA-2.1-JP CC-BY-SA-2.5 CC-BY-SA-3.0 CC-BY-SA-3.0-AT CC-BY-SA-3.0-DE CC-BY-SA-3.0-IGO
        CC-BY-SA-4.0 CC-SA-1.0 CDDL-1.0 CDDL-1.1 CDLA-Sharing-1.0 CECILL-C CERN-OHL-W-2.0 CPL-1.0
        CUA-OPL-1.0 EPL-1.0 EPL-2.0 ErlPL-1.1 EUPL-1.0 EUPL-1.1 EUPL-1.2 GFDL-1.1-invariants-only
        GFDL-1.1-invariants-or-later GFDL-1.1-no-invariants-only GFDL-1.1-no-invariants-or-later
        GFDL-1.1-only GFDL-1.1-or-later GFDL-1.2-invariants-only GFDL-1.2-invariants-or-later
        GFDL-1.2-no-invariants-only GFDL-1.2-no-invariants-or-later GFDL-1.2-only
        GFDL-1.2-or-later GFDL-1.3-invariants-only GFDL-1.3-invariants-or-later
        GFDL-1.3-no-invariants-only GFDL-1.3-no-invariants-or-later GFDL-1.3-only
        GFDL-1.3-or-later Interbase-1.0 IPL-1.0 LAL-1.2 LAL-1.3 LGPL-2.0-only LGPL-2.0-or-later
        LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0-only LGPL-3.0-or-later LGPLLR
        Linux-man-pages-1-para Linux-man-pages-copyleft Linux-man-pages-copyleft-2-para
        Linux-man-pages-copyleft-var LPL-1.0 LPL-1.02 LPPL-1.0 LPPL-1.1 LPPL-1.2 LPPL-1.3a
        LPPL-1.3c MPL-1.0 MPL-1.1 MPL-2.0 MPL-2.0-no-copyleft-exception MS-RL Nokia NOSL NPL-1.0
        NPL-1.1 OCCT-PL OCLC-2.0 ODbL-1.0 OFL-1.0 OFL-1.1 OFL-1.1-no-RFN OFL-1.1-RFN OPL-1.0
        QPL-1.0 QPL-1.0-INRIA-2004 RSCPL SISSL SISSL-1.2 SPL-1.0 Ubuntu-font-1.0 Watcom-1.0
        YPL-1.0 YPL-1.1 {UNSPECIFIED_LGPL}""",
    Family.STRONG_COPYLEFT: f"""
        BSD-Protection CECILL-1.0 CECILL-1.1 CECILL-2.0 CECILL-2.1 CERN-OHL-S-2.0
        copyleft-next-0.3.0 copyleft-next-0.3.1 D-FSL-1.0 GPL-1.0-only GPL-1.0-or-later
        GPL-2.0-only GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later NGPL OSL-1.0 OSL-1.1 OSL-2.0
        OSL-2.1 Sleepycat SMAIL-GPL {UNSPECIFIED_GPL}""",
    Family.NETWORK_COPYLEFT: """
        AGPL-1.0-only AGPL-1.0-or-later AGPL-3.0-only AGPL-3.0-or-later CAL-1.0 CPAL-1.0 NPOSL-3.0
        OSL-3.0 RPL-1.1 RPL-1.5 SSPL-1.0""",
    Family.NON_COMMERCIAL: """
        Aladdin CC-BY-NC-1.0 CC-BY-NC-2.0 CC-BY-NC-2.5 CC-BY-NC-3.0 CC-BY-NC-3.0-DE CC-BY-NC-4.0
        CC-BY-NC-SA-1.0 CC-BY-NC-SA-2.0 CC-BY-NC-SA-2.0-DE CC-BY-NC-SA-2.0-FR CC-BY-NC-SA-2.0-UK
        CC-BY-NC-SA-2.5 CC-BY-NC-SA-3.0 CC-BY-NC-SA-3.0-DE CC-BY-NC-SA-3.0-IGO CC-BY-NC-SA-4.0
        PolyForm-Noncommercial-1.0.0""",
    Family.NO_DERIVATIVES: """
        CC-BY-NC-ND-1.0 CC-BY-NC-ND-2.0 CC-BY-NC-ND-2.5 CC-BY-NC-ND-3.0 CC-BY-NC-ND-3.0-DE
        CC-BY-NC-ND-3.0-IGO CC-BY-NC-ND-4.0 CC-BY-ND-1.0 CC-BY-ND-2.0 CC-BY-ND-2.5 CC-BY-ND-3.0
        CC-BY-ND-3.0-DE CC-BY-ND-4.0""",
    Family.SOURCE_AVAILABLE: """
        BUSL-1.1 CPOL-1.02 Elastic-2.0 FSL-1.1-ALv2 FSL-1.1-MIT Hippocratic-2.1 JSON Parity-6.0.0
        Parity-7.0.0 PolyForm-Small-Business-1.0.0 SUL-1.0""",
    Family.PROPRIETARY: PROPRIETARY,
}

# Exceptions that free code linking to the work from its copyleft.
LINKING_EXCEPTIONS = frozenset((
    "Classpath-exception-2.0", "FLTK-exception", "Font-exception-2.0", "GCC-exception-2.0",
    "GCC-exception-3.1", "GNAT-exception", "GPL-3.0-linking-exception",
    "GPL-3.0-linking-source-exception", "LGPL-3.0-linking-exception", "Libtool-exception",
    "Linux-syscall-note", "OCaml-LGPL-linking-exception", "Qwt-exception-1.0",
    "WxWindows-exception-3.1", "eCos-exception-2.0", "freertos-exception-2.0",
    "i2p-gpl-java-exception", "mif-exception",
))  # fmt: skip


@cache
def family_of(id: str) -> Family | None:
    """Return the family of an SPDX identifier in its current spelling; None if it is unknown."""
    return _by_id().get(id)


@cache
def _by_id() -> dict[str, Family]:
    return {key: family for family, keys in _IDS.items() for key in keys.split()}

"""Danish abbreviations: those that sentencex 1.0.32 (MIT) knows and that are one word before their full stop."""

WORDS = (
    "adm adr afd afs al alm ang ank anm ann ansvh apr arr ass att aud aug aut bd bdt bet bhk bio biol bk bot br bto "
    "ca cal cirk cit co cpr-nr cvr-nr da dav dec def del dep diam din dir disp distr do dobb dr ds dvs eftf eftm egl "
    "eks eksam ekskl eksp ekspl el emer endv eng enk etc eur evt exam f fa fakt feb fec ff fg fhv fig fl flg fm fmd "
    "forb foreg foren forf forh fork form forr fors forsk forts fp fr frk fru fuldm fung fys fær g gd gdr gg gh gl gn "
    "gns gr grdl gross hdl henh henv hf hft hhv hort hosp hpl hr hrs hum i ib ibid if ifm ill indb indreg ing inkl "
    "insp instr isl istf jan jf jfr jnr jr jul jun jur jvf kal kap kat kbh kem kgl kin kl kld knsp komm kons korr kp "
    "kr kst kt ktr kv kvt l lab lat lb lejl lgd lic lign lin litt lok lrs ltr lø m ma mag maks mar mat md mdl mdr "
    "mdtl med medd medflg medl merc mezz mf mfl mgl mhp mht mi mia mio ml mods modsv modt mr mrk mrs ms mul mv mvh n "
    "nat ned nedenn nedenst nederl nkr nl no nord nov nr nto nuv o obj obl obs odont oecon off ofl okt omg omr omtr "
    "on opg opl opr org orig osfr osv ovenn ovenst overs ovf oz p par partc pass pct pd pens perf pers pg pga pgl ph "
    "pharm phil pinx pk pkt pl pluskv polit polyt port pos pp pr prc priv prod prof pron præd præf præp præs præt "
    "psych pt pæd rad red ref reg regn rel rep repr rest rk russ s sa sb sc scient sek sekr sem sen sep sept sg sign "
    "sj skr skt slutn sml smp sms smst soc sort sp spec spm spr spsk st stk str stud subj subst suff sup suppl sv såk "
    "sædv sø t tab td tdl tdr techn tekn temp th ti tidl tilf tilh till tilsv tjg tlf tlgr to tr trp tv ty u uafh ubf "
    "ubøj udb udbet udd udg uds ugtl ulin ult undt univ var vb vbsb vedk vedl vedr vejl vh vol vs vsa vær zool årg "
    "årh årl øv øvr"
)
ABBREVIATIONS = frozenset(WORDS.split())

//! A directory of a test's own: Debian's slapd, with folders, a port and certificates that nothing else on the machine uses.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Stdio},
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{Ran, Run, eventually, free_port, program};

const SUFFIX: &str = "dc=corp,dc=example";
const LIMIT: Duration = Duration::from_secs(30);

/// Who is in the directory at first. Everybody's password is `NAME of corp`, and everybody's uid is their name.
const PEOPLE: [(&str, &str); 6] = [
    ("alice", "uid=alice,ou=people"),
    ("bob", "uid=bob,ou=people"),
    ("carol", "uid=carol,ou=people"),
    // What has to be escaped in a name and in a filter.
    ("zoe", r#"cn=Zoë \"Z\" O'Neil\, (R&D) + uid=zoe,ou=people"#),
    ("twin", "uid=twin,ou=people"),
    ("twin", "uid=twin,ou=more,ou=people"),
];

/// Groups, with their members: `everybody` holds `developers`, which holds `backend`, which holds alice and zoe. `ring-a` and `ring-b` hold each other.
const GROUPS: [(&str, &[&str]); 5] = [
    (
        "backend",
        &[
            "uid=alice,ou=people",
            r#"cn=Zoë \"Z\" O'Neil\, (R&D) + uid=zoe,ou=people"#,
            "cn=ring-b,ou=groups",
        ],
    ),
    ("developers", &["cn=backend,ou=groups"]),
    ("everybody", &["cn=developers,ou=groups", "uid=bob,ou=people"]),
    ("ring-a", &["cn=ring-b,ou=groups", "cn=backend,ou=groups"]),
    ("ring-b", &["cn=ring-a,ou=groups"]),
];

/// A running slapd. Ended when dropped.
#[derive(Debug)]
pub struct Slapd {
    process: Option<Child>,
    port: u16,
    tls_port: u16,
    folder: TempDir,
}

impl Slapd {
    /// A directory with people and groups, that answers at `ldap://localhost` with StartTLS and at `ldaps://localhost`.
    #[must_use]
    #[track_caller]
    pub fn start() -> Self {
        let folder = TempDir::with_prefix("wharf-slapd-").expect("a temporary folder can be made");
        certificates(&folder);
        let mut slapd = Self {
            process: None,
            port: free_port(),
            tls_port: free_port(),
            folder,
        };
        slapd.fill();
        slapd.start_again();
        slapd
    }

    /// Its address without TLS, which takes StartTLS.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ldap://localhost:{}", self.port)
    }

    /// Its address with TLS.
    #[must_use]
    pub fn tls_url(&self) -> String {
        format!("ldaps://localhost:{}", self.tls_port)
    }

    /// The file of the authority that its certificate is of.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The account that may look people up, and may not see passwords.
    #[must_use]
    pub fn bind_dn(&self) -> String {
        format!("cn=reader,{SUFFIX}")
    }

    /// Its password.
    #[must_use]
    pub fn bind_password(&self) -> &'static str {
        "may look around"
    }

    /// Below this entry are people.
    #[must_use]
    pub fn user_base(&self) -> String {
        format!("ou=people,{SUFFIX}")
    }

    /// Below this entry are groups.
    #[must_use]
    pub fn group_base(&self) -> String {
        format!("ou=groups,{SUFFIX}")
    }

    /// What somebody signs in with.
    #[must_use]
    pub fn password(&self, name: &str) -> String {
        format!("{name} of corp")
    }

    /// Starts it on the data and the ports it had.
    #[track_caller]
    pub fn start_again(&mut self) {
        assert!(self.process.is_none(), "slapd runs already");
        let addresses = format!("ldap://localhost:{} ldaps://localhost:{}", self.port, self.tls_port);
        let log = fs::File::create(self.folder.path().join("log")).expect("a log can be written");
        let mut command = self.slapd("").arg("-h").arg(addresses).words("-d 0").command();
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        self.process = Some(process.expect("slapd starts"));
        eventually("slapd answers", LIMIT, || {
            let ended = self
                .process
                .as_mut()
                .and_then(|child| child.try_wait().expect("a child can be asked"));
            if let Some(status) = ended {
                self.process = None;
                let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                panic!("slapd ended at its start ({status}):\n{log}");
            }
            let asked = Run::new(program::debian("ldapwhoami", "ldap-utils"))
                .words("-x -H")
                .arg(self.url());
            asked.go().success()
        });
    }

    /// Stops it: its ports are closed until it is started again.
    #[track_caller]
    pub fn stop(&mut self) {
        self.signal(Signal::TERM);
        let mut process = self.process.take().expect("slapd runs");
        eventually("slapd has ended", LIMIT, || matches!(process.try_wait(), Ok(Some(_))));
    }

    /// Lets it hang: it takes connections and answers none of them.
    #[track_caller]
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on after [`Slapd::freeze`].
    #[track_caller]
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Changes entries, as an administrator of the directory does, by LDIF in which `SUFFIX` stands for the end of every name.
    #[track_caller]
    pub fn modify(&self, ldif: &str) -> Ran {
        let modify = Run::new(program::debian("ldapmodify", "ldap-utils"))
            .words("-x -w admin -D")
            .arg(format!("cn=admin,{SUFFIX}"))
            .arg("-H")
            .arg(self.url());
        modify.input(ldif.replace("SUFFIX", SUFFIX)).go().ok()
    }

    fn signal(&self, signal: Signal) {
        let child = self.process.as_ref().expect("slapd runs");
        let id = Pid::from_raw(child.id().cast_signed()).expect("a process id is positive");
        kill_process(id, signal).expect("a child can be signalled");
    }

    /// slapd with the test's configuration. It is run from a copy: Debian's AppArmor profile, which goes by the path of the program, lets the original read its own folders alone.
    fn slapd(&self, tool: &str) -> Run {
        let copy = self.folder.path().join("slapd");
        if !copy.exists() {
            fs::copy(program::debian("slapd", "slapd"), &copy).expect("a program can be copied");
        }
        // The tool's name has to come first: else slapd reads the machine's own configuration.
        Run::new(copy)
            .words(tool)
            .arg("-f")
            .arg(self.folder.path().join("slapd.conf"))
    }

    fn fill(&self) {
        let path = |name: &str| self.folder.path().join(name);
        fs::create_dir(path("data")).expect("a folder can be made");
        fs::write(path("slapd.conf"), self.configuration()).expect("a file can be written");
        fs::write(path("first.ldif"), entries()).expect("a file can be written");
        self.slapd("-T add").arg("-l").arg(path("first.ldif")).go().ok();
    }

    fn configuration(&self) -> String {
        let folder = self.folder.path().display();
        format!(
            "include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
TLSCertificateFile {folder}/cert.pem
TLSCertificateKeyFile {folder}/key.pem
TLSCACertificateFile {folder}/ca.pem
database mdb
maxsize 16777216
suffix {SUFFIX}
rootdn cn=admin,{SUFFIX}
rootpw admin
directory {folder}/data
index objectClass,uid,member,entryUUID eq
overlay ppolicy
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact=cn=reader,{SUFFIX} read by * auth
"
        )
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // Its folder goes with it: nothing is lost by ending it at once, also where it was frozen.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// An authority and a certificate of `localhost`, in the folder.
fn certificates(folder: &TempDir) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key can be made");
    let authority = CertifiedIssuer::self_signed(authority, key).expect("an authority can be made");
    let key = KeyPair::generate().expect("a key can be made");
    let server = CertificateParams::new(vec!["localhost".to_owned()]).expect("localhost is a name");
    let server = server.signed_by(&key, &authority).expect("a certificate can be signed");
    for (name, pem) in [
        ("ca.pem", authority.pem()),
        ("cert.pem", server.pem()),
        ("key.pem", key.serialize_pem()),
    ] {
        fs::write(folder.path().join(name), pem).expect("a file can be written");
    }
}

/// The directory's first entries (RFC 2849).
fn entries() -> String {
    let mut ldif = format!(
        "dn: {SUFFIX}\nobjectClass: domain\ndc: corp\n\n\
         dn: cn=reader,{SUFFIX}\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: may look around\n\n"
    );
    for (unit, above) in [("people", ""), ("more", "ou=people,"), ("groups", "")] {
        ldif += &format!("dn: ou={unit},{above}{SUFFIX}\nobjectClass: organizationalUnit\nou: {unit}\n\n");
    }
    for (name, dn) in PEOPLE {
        let full = if name == "zoe" {
            "cn: Zoë \"Z\" O'Neil, (R&D)\n".to_owned()
        } else {
            format!("cn: {name} of Corp\n")
        };
        ldif += &format!(
            "dn: {dn},{SUFFIX}\nobjectClass: inetOrgPerson\nuid: {name}\n{full}sn: Corp\nmail: {name}@mail.corp.example\nuserPassword: {name} of corp\n\n"
        );
    }
    for (name, members) in GROUPS {
        ldif += &format!("dn: cn={name},ou=groups,{SUFFIX}\nobjectClass: groupOfNames\ncn: {name}\n");
        ldif.extend(members.iter().map(|member| format!("member: {member},{SUFFIX}\n")));
        ldif.push('\n');
    }
    ldif
}

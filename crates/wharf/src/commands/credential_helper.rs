//! `wharf acr credential-helper install|uninstall`: the link and the entries that lead docker and podman to our credential helper.

use std::{
    env, fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use serde_json::json;

use super::login_server::{local_host, login_server_of};
use crate::{
    cli::acr::{HelperInstallArgs, HelperUninstallArgs, RegistryName},
    engine::{Engines, HELPER, helper_program},
    failure::Failure,
    printer::Printer,
    session::Session,
};

pub(crate) async fn install(
    session: &Session,
    args: HelperInstallArgs,
    engines: &Engines,
    printer: &Printer,
) -> Result<(), Failure> {
    let mut hosts = match args.name {
        Some(name) => {
            let registry = RegistryName {
                name,
                resource_group: None,
                subscription: args.subscription,
            };
            vec![login_server_of(session, &registry, None).await?]
        }
        None => {
            let registries = session
                .resource_manager
                .registry_list(session.subscription()?, None)
                .await?;
            registries
                .into_iter()
                .map(|registry| registry.properties.login_server)
                .collect()
        }
    };
    if hosts.is_empty() {
        let failure = Failure::general("you can see no registry in this subscription.");
        return Err(failure.hint("name one: wharf acr credential-helper install -n NAME"));
    }
    hosts.extend(local_host(session));
    let link = place_link(args.bin_dir.as_deref(), engines)?;
    let files: Vec<_> = [engines.docker(), engines.containers_lasting()]
        .into_iter()
        .flatten()
        .collect();
    for file in &files {
        file.helper_add(&hosts)?;
    }
    if let Some(file) = engines.containers() {
        file.forget(&hosts)?;
    }
    let is_found = link
        .parent()
        .is_some_and(|folder| engines.programs.iter().any(|known| known == folder));
    if !is_found {
        printer.warning(&format!(
            "{} is in no folder of PATH, so docker does not find it: add its folder, or use --bin-dir",
            link.display()
        ));
    }
    let files: Vec<String> = files.iter().map(ToString::to_string).collect();
    printer.result(json!({"files": files, "helper": link, "loginServers": hosts}), None)
}

pub(crate) fn uninstall(args: &HelperUninstallArgs, engines: &Engines, printer: &Printer) -> Result<(), Failure> {
    let mut hosts = Vec::new();
    for file in engines.files() {
        hosts.extend(file.helped()?);
        file.helper_remove()?;
    }
    hosts.sort();
    hosts.dedup();
    let named = args.bin_dir.iter();
    let folders = named.chain(
        engines
            .programs
            .iter()
            .chain(&engines.own_programs)
            .filter(|_| args.bin_dir.is_none()),
    );
    let own = own_program()?;
    let mut removed = Vec::new();
    for link in folders.map(|folder| folder.join(helper_program(HELPER))) {
        // Only a link, and only one that leads to us: a program of that name is somebody else's.
        if fs::read_link(&link).is_ok() && link.canonicalize().is_ok_and(|target| target == own) {
            let failed = |error| Failure::general(format!("cannot remove {}: {error}", link.display()));
            fs::remove_file(&link).map_err(failed)?;
            removed.push(link);
        }
    }
    printer.result(json!({"links": removed, "loginServers": hosts}), None)
}

fn own_program() -> Result<PathBuf, Failure> {
    let own = env::current_exe().and_then(|path| path.canonicalize());
    own.map_err(|error| Failure::general(format!("cannot find this program's own file: {error}")))
}

/// Places the link: in the folder that is named, else beside this program, else in the user's own folder of programs.
fn place_link(named: Option<&Path>, engines: &Engines) -> Result<PathBuf, Failure> {
    let own = own_program()?;
    let candidates: Vec<PathBuf> = match named {
        Some(folder) => vec![std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())],
        None => [own.parent().map(Path::to_owned), engines.own_programs.clone()]
            .into_iter()
            .flatten()
            .collect(),
    };
    let mut last = String::from("there is no folder for it");
    for folder in candidates {
        match link_in(&folder, &own) {
            Ok(link) => return Ok(link),
            Err(error) => last = format!("{}: {error}", folder.display()),
        }
    }
    let failure = Failure::general(format!("cannot place the link {}: {last}", helper_program(HELPER)));
    Err(failure.hint("name a folder of PATH that you can write to: --bin-dir FOLDER"))
}

fn link_in(folder: &Path, own: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let link = folder.join(helper_program(HELPER));
    match fs::symlink_metadata(&link) {
        Ok(found) if found.is_symlink() => {
            if link.canonicalize().is_ok_and(|target| target == own) {
                return Ok(link);
            }
            // It leads to an older place of this program.
            fs::remove_file(&link)?;
        }
        Ok(_) => return Err(io::Error::other("a program of that name is there already")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    symlink(own, &link)?;
    Ok(link)
}

//! The areas: which server does what when.

mod blobs;
mod documents;
mod footprint;
mod tokens;

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::Result;
use clap::ValueEnum;

use crate::load::content::{self, Source};
use crate::load::push::{self, Manner};
use crate::options::{Area, Name, Options, Scale};
use crate::results::Results;
use crate::target::set_up::SetUp;
use crate::target::{Data, Target, Transport};

/// The repository of pulls and pushes; its first part names Wharf's registry.
const REPOSITORY: &str = "bench/a";

/// A run over the areas.
pub(crate) struct Run<'a> {
    options: &'a Options,
    scale: Scale,
    targets: Vec<Target>,
    results: Results,
    sources: Sources,
}

/// The blobs of all areas.
struct Sources {
    large: Source,
    medium: Source,
    small: Source,
    parallel: Source,
    paced: Source,
}

impl Sources {
    fn new(folder: &Path, scale: &Scale) -> Result<Self> {
        let made = |name: &str, size: u64, seed: u64| -> Result<PathBuf> {
            let path = folder.join(name);
            content::write_noise(&path, size, seed)?;
            Ok(path)
        };
        let large = made("large", scale.large, 1)?;
        Ok(Self {
            medium: Source::open(&made("medium", scale.medium, 2)?, scale.medium)?,
            small: Source::open(&made("small", 4096, 3)?, 4096)?,
            parallel: Source::open(&large, scale.parallel)?,
            paced: Source::open(&large, scale.paced)?,
            large: Source::open(&large, scale.large)?,
        })
    }

    /// What pulls ask for: these stand in a file each.
    fn pulled(&self) -> [&Source; 3] {
        [&self.large, &self.medium, &self.small]
    }
}

impl<'a> Run<'a> {
    /// Makes what is pushed, and sets the servers up.
    pub(crate) fn new(options: &'a Options, scale: Scale, folder: &Path) -> Result<Self> {
        crate::say("making blobs, setting the servers up");
        let sources = Sources::new(folder, &scale)?;
        let set_up = Rc::new(SetUp::new(folder, &options.server_cores)?);
        let names = Name::value_variants().iter().filter(|name| options.wants(**name));
        let targets = names
            .map(|name| Target::new(*name, Rc::clone(&set_up)))
            .collect::<Result<_>>()?;
        Ok(Self {
            options,
            scale,
            targets,
            results: Results::default(),
            sources,
        })
    }

    /// Measures each area that is wanted. One that fails is said to, its rows are missing in the end, and the others go on.
    pub(crate) fn areas(mut self) -> Result<Results> {
        for area in Area::value_variants() {
            if !self.options.wants_area(*area) {
                continue;
            }
            crate::say(&format!("area {area:?}"));
            let measured = match area {
                Area::Pull => self.pull(Transport::Plain, "pull 1 GiB"),
                Area::Tls => self.pull(Transport::Tls, "TLS pull 1 GiB"),
                Area::Requests => self.requests(),
                Area::Tokens => self.tokens(),
                Area::Push => self.push(),
                Area::Images => self.images(),
                Area::Lists => self.lists(),
                Area::Memory => self.memory(),
                Area::Start => self.start(),
            };
            if let Err(error) = measured {
                crate::say(&format!("area {area:?} failed: {error:#}"));
            }
            for target in &mut self.targets {
                target.stop()?;
            }
        }
        Ok(self.results)
    }

    /// The servers by their places, beginning with another one each time.
    fn order(&self, repetition: usize) -> Vec<usize> {
        let count = self.targets.len();
        (0..count).map(|at| (at + repetition) % count).collect()
    }

    /// The places of the servers that pushes go to.
    fn registries(&self, repetition: usize) -> Vec<usize> {
        let mut order = self.order(repetition);
        order.retain(|at| self.targets[*at].name != Name::Nginx);
        order
    }

    /// Starts all servers on the content that pulls ask for.
    fn start_on_content(&mut self, transport: Transport) -> Result<()> {
        for target in &mut self.targets {
            seed(target, &self.sources)?;
            target.start(Data::Content, transport)?;
        }
        rustix::fs::sync();
        Ok(())
    }

    fn blob_path(&self, source: &Source) -> Result<String> {
        Ok(format!("/v2/{REPOSITORY}/blobs/{}", source.whole()?.digest))
    }
}

/// The manifest that pulls ask for.
fn pulled_manifest(sources: &Sources) -> Result<Vec<u8>> {
    let layer = sources.small.whole()?.digest;
    let config = content::config(0);
    Ok(content::manifest(
        (&content::digest(&config), config.len()),
        (&layer, 4096),
        0,
    ))
}

/// Gives a server what pulls ask for, once.
fn seed(target: &mut Target, sources: &Sources) -> Result<()> {
    if target.seeded {
        return Ok(());
    }
    if target.name == Name::Nginx {
        seed_files(&target.data(Data::Content), sources)?;
    } else {
        target.start(Data::Content, Transport::Plain)?;
        let peer = target.peer();
        for source in sources.pulled() {
            push::blobs(&peer, REPOSITORY, &[source.whole()?], 1, Manner::default())?;
        }
        let mut connection = peer.connect(None)?;
        push::bytes(&mut connection, REPOSITORY, &content::config(0))?;
        push::manifest(&mut connection, REPOSITORY, "latest", &pulled_manifest(sources)?)?;
    }
    target.seeded = true;
    Ok(())
}

fn seed_files(data: &Path, sources: &Sources) -> Result<()> {
    let root = data.join("v2").join(REPOSITORY);
    fs::create_dir_all(root.join("blobs"))?;
    fs::create_dir_all(root.join("manifests"))?;
    for source in sources.pulled() {
        fs::hard_link(&source.path, root.join("blobs").join(source.whole()?.digest))?;
    }
    let manifest = pulled_manifest(sources)?;
    for name in ["latest", &content::digest(&manifest)] {
        fs::write(root.join("manifests").join(name), &manifest)?;
    }
    Ok(())
}

//! What is wrong with the number of controllers, which is fixed once there is data.

use super::super::{Instance, quorum};
use super::{Kafka, Mode};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::words::counted;

impl Instance<Kafka> {
    pub(super) fn controllers_complaints(&self) -> Diagnostics {
        let mut complaints: Diagnostics = self.idle().into_iter().collect();
        if self.mode == Mode::Kraft {
            let path = self.path.key("controllers");
            complaints.extend(quorum::complaint(self.controllers, "controller", &path));
            complaints.extend(self.more_than_brokers());
            complaints.extend(self.one_for_many());
        }
        complaints
    }

    /// Settings of pods that there are none of.
    fn idle(&self) -> Vec<Diagnostic> {
        let kraft = self.mode == Mode::Kraft;
        if kraft && self.dedicated_controllers {
            return Vec::new();
        }
        let written = [
            ("controllerResources", self.controller_resources.is_some()),
            ("controllerStorage", self.controller_storage.is_some()),
        ];
        let complaint = |key: &str| {
            Diagnostic::error("no-controllers", format!("`{key}` is set without dedicated controllers"))
                .at(self.path.key(key))
                .because(if kraft {
                    "the first brokers are also controllers"
                } else {
                    "ZooKeeper stores the metadata"
                })
                .help(if kraft { "set `dedicatedControllers: true`, or remove it" } else { "remove it" })
        };
        written.iter().filter(|(_, written)| *written).map(|(key, _)| complaint(key)).collect()
    }

    /// Controllers that would be brokers which there are not.
    fn more_than_brokers(&self) -> Option<Diagnostic> {
        let (brokers, controllers) = (self.brokers, self.controllers);
        if self.dedicated_controllers || brokers == 0 || controllers <= brokers {
            return None;
        }
        let title = format!("{} with {}", words(controllers, "controller"), words(brokers, "broker"));
        let fewer = if brokers < 3 { 1 } else { 3 };
        Some(
            Diagnostic::error("controllers-above-brokers", title)
                .at(self.told_at(controllers))
                .because(
                    "the first brokers are the controllers, and without a majority of them nothing starts",
                )
                .help(format!(
                    "set `controllers: {fewer}` beside `brokers: {brokers}`, or `brokers: {controllers}`; or \
                     `dedicatedControllers: true` for controllers with pods of their own"
                ))
                .help("a cluster that has data keeps the number of controllers that it began with"),
        )
    }

    /// The number that was more likely written: three controllers are what the profile for clusters says.
    fn told_at(&self, controllers: u32) -> Path {
        self.path.key(if controllers > 3 { "controllers" } else { "brokers" })
    }

    fn one_for_many(&self) -> Option<Diagnostic> {
        (self.controllers == 1 && self.brokers > 1).then(|| {
            let help = match self.brokers {
                2 => "before there is data: set `brokers: 3` and `controllers: 3`",
                _ => "before there is data: set `controllers: 3`",
            };
            let title = format!("one controller decides for {} brokers", self.brokers);
            Diagnostic::warning("one-controller", title)
                .at(self.path.key("brokers"))
                .because("while it is down, no partition gets another leader and no topic can be made")
                .help(format!("{help}; a cluster that has data keeps `controllers: 1`"))
        })
    }
}

fn words(count: u32, noun: &str) -> String {
    counted(count as usize, noun)
}

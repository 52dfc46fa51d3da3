import Glibc
import PluginHost
import TestSupport
import Testing

/// The rule, for a user 1000 whose own group is 1000.
@Suite struct FileTrustTests {
    private let trust = FileTrust(owners: [0, 1000], groups: [1000])

    private func objection(
        _ mode: mode_t, owner: uid_t = 1000, group: gid_t = 1000, isFolder: Bool = false, hasAccessList: Bool = false
    ) -> String? {
        trust.objection(
            to: .init(
                path: "x", owner: owner, group: group, mode: mode | (isFolder ? S_IFDIR : S_IFREG),
                hasAccessList: hasAccessList))
    }

    @Test func ownFilesAreTrustedAlsoWithUmask002() {
        #expect(objection(0o755) == nil)
        #expect(objection(0o664) == nil)
        #expect(objection(0o644, owner: 0, group: 0) == nil)
        #expect(objection(0o775, isFolder: true) == nil)
        // Readable by a group of others.
        #expect(objection(0o755, group: 50, hasAccessList: true) == nil)
    }

    @Test func filesOthersMayChangeAreNot() {
        #expect(objection(0o666) == "x can be changed by every user (mode 666): chmod o-w helps")
        #expect(objection(0o777, isFolder: true) == "x can be changed by every user (mode 777): chmod o-w helps")
        #expect(objection(0o664, group: 50) == "x can be changed by group 50 (mode 664): chmod g-w helps")
        #expect(
            objection(0o775, owner: 0, group: 50, isFolder: true)
                == "x can be changed by group 50 (mode 775): chmod g-w helps")
        #expect(objection(0o664, hasAccessList: true) == "x can be changed by group 1000 (mode 664): chmod g-w helps")
        #expect(
            objection(0o644, owner: 1001)
                == "x belongs to user 1001, who could change it: expected you, root or the owner of nino")
    }

    @Test func stickyFoldersAreTrustedAndStickyFilesAreNot() {
        #expect(objection(0o1777, owner: 0, group: 0, isFolder: true) == nil)
        #expect(objection(0o1777, owner: 1001, isFolder: true) != nil)
        #expect(objection(0o1777) != nil)
    }

    @Test func changeableFileFolderAndFolderAboveAreAllFound() throws {
        let folder = TemporaryFolder()
        mkdir(folder + "plugins", 0o755)
        let file = folder.write("", to: "plugins/x.so")
        #expect(try FileTrust.current.check(file) == file)
        for (path, isFolder) in [(file, false), (folder + "plugins", true), (String(folder.path.dropLast()), true)] {
            chmod(path, 0o777)
            #expect(
                throws: PluginHostError.notTrusted(
                    file: file, reason: "\(path) can be changed by every user (mode 777): chmod o-w helps")
            ) {
                try FileTrust.current.check(file)
            }
            chmod(path, isFolder ? 0o700 : 0o600)
        }
    }

    @Test func linkIsJudgedByWhatItLeadsTo() throws {
        let (folder, elsewhere) = (TemporaryFolder(), TemporaryFolder())
        let target = elsewhere.write("", to: "x.so")
        symlink(target, folder + "link.so")
        #expect(try FileTrust.current.check(folder + "link.so") == target)
        chmod(target, 0o666)
        #expect(
            throws: PluginHostError.notTrusted(
                file: folder + "link.so", reason: "\(target) can be changed by every user (mode 666): chmod o-w helps")
        ) {
            try FileTrust.current.check(folder + "link.so")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away")) func fileOfAnotherUserIsFound() throws {
        let folder = TemporaryFolder()
        let file = folder.write("", to: "x.so")
        // A user no machine gives to anyone.
        chown(file, 3_999_999_999, 0)
        #expect(
            throws: PluginHostError.notTrusted(
                file: file,
                reason:
                    "\(file) belongs to user 3999999999, who could change it: expected you, root or the owner of nino")
        ) { try FileTrust.current.check(file) }
    }

    @Test func missingFileIsNotLoadable() {
        #expect(throws: PluginHostError.notLoadable(file: "/nonexistent.so", reason: "No such file or directory")) {
            try FileTrust.current.check("/nonexistent.so")
        }
    }
}

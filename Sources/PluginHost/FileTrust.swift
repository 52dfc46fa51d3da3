import CIsolation
import Glibc

/// Whether only people who could change `nino` itself can change a file. Loading a library is running its code, so one
/// that others may change, or put in its place, is not loaded.
///
/// The rule, for the file with links resolved and for every folder above it:
/// - it belongs to root, to the user, or to one who owns the executable or a folder above that;
/// - a group may write only if it is the user's private group (of the user's name, without other members), or one that
///   may write the executable or a folder above that; what carries an access control list counts as writable by a group
///   of others;
/// - others may not write, except into a folder with the sticky bit (/tmp), where they cannot replace what is not
///   theirs.
///
/// A folder above the executable is not judged: who can change that can change `nino`.
public struct FileTrust: Sendable {
    public var owners: Set<uid_t>
    public var groups: Set<gid_t>
    /// Folders above the executable, links resolved.
    private var hostFolders: Set<String> = []

    public init(owners: Set<uid_t>, groups: Set<gid_t>) {
        self.owners = owners
        self.groups = groups
    }

    /// What is known of a file or folder.
    public struct Entry: Sendable {
        public let path: String
        public let owner: uid_t
        public let group: gid_t
        /// Kind and permissions, as `stat` gives them.
        public let mode: mode_t
        public let hasAccessList: Bool

        var isFolder: Bool { mode & S_IFMT == S_IFDIR }

        public init(path: String, owner: uid_t, group: gid_t, mode: mode_t, hasAccessList: Bool = false) {
            self.path = path
            self.owner = owner
            self.group = group
            self.mode = mode
            self.hasAccessList = hasAccessList
        }
    }

    /// Why an entry is not trusted, and what helps; nil if it is.
    public func objection(to entry: Entry) -> String? {
        let mode = String(entry.mode & 0o7777, radix: 8)
        guard owners.contains(entry.owner) else {
            return
                "\(entry.path) belongs to user \(entry.owner), who could change it: expected you, root or the owner "
                + "of nino"
        }
        if entry.isFolder && entry.mode & S_ISVTX != 0 { return nil }
        if entry.mode & S_IWOTH != 0 {
            return "\(entry.path) can be changed by every user (mode \(mode)): chmod o-w helps"
        }
        if entry.mode & S_IWGRP != 0 && (entry.hasAccessList || !groups.contains(entry.group)) {
            return "\(entry.path) can be changed by group \(entry.group) (mode \(mode)): chmod g-w helps"
        }
        return nil
    }

    /// - Returns: the file with all links resolved, which is what was checked.
    /// - Throws: `notLoadable` if it is not there, `notTrusted`.
    public func check(_ file: String) throws(PluginHostError) -> String {
        guard let resolved = Self.resolved(file), let entries = Self.entries(upFrom: resolved) else {
            throw .notLoadable(file: file, reason: String(cString: strerror(errno)))
        }
        for entry in entries where !hostFolders.contains(entry.path) {
            if let reason = objection(to: entry) { throw .notTrusted(file: file, reason: reason) }
        }
        return resolved
    }

    /// The rule for this process.
    public static let current: FileTrust = {
        var trust = FileTrust(owners: [0, geteuid()], groups: [])
        if let group = privateGroup { trust.groups.insert(group) }
        for entry in resolved(HostLocation.current.file.path).flatMap(entries) ?? [] {
            trust.owners.insert(entry.owner)
            if entry.mode & S_IWGRP != 0 { trust.groups.insert(entry.group) }
            if entry.isFolder { trust.hostFolders.insert(entry.path) }
        }
        return trust
    }()

    /// The user's own group, if it has the user's name and nobody else is in it: then `umask 002` harms nobody.
    private static var privateGroup: gid_t? {
        guard let user = getpwuid(geteuid()), let group = getgrgid(user.pointee.pw_gid),
            strcmp(user.pointee.pw_name, group.pointee.gr_name) == 0
        else {
            return nil
        }
        var members = group.pointee.gr_mem
        while let member = members?.pointee {
            if strcmp(member, user.pointee.pw_name) != 0 { return nil }
            members = members?.advanced(by: 1)
        }
        return user.pointee.pw_gid
    }

    private static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// A file and all folders above it; nil if one cannot be looked at.
    private static func entries(upFrom path: String) -> [Entry]? {
        var entries: [Entry] = []
        var rest = path[...]
        while true {
            let name = rest.isEmpty ? "/" : String(rest)
            var status = stat()
            guard stat(name, &status) == 0 else { return nil }
            entries.append(
                Entry(
                    path: name, owner: status.st_uid, group: status.st_gid, mode: status.st_mode,
                    hasAccessList: nino_has_access_list(name) != 0))
            guard let slash = rest.lastIndex(of: "/") else { return entries }
            rest = rest[..<slash]
        }
    }
}

/** What other programs leave in any directory: file managers, network shares, editors. None of it is ours, and none is damage. */

const LITTER: readonly RegExp[] = [
  // macOS
  /^\._|^\.(DS_Store|AppleDouble|Spotlight-V100|Trashes|fseventsd|TemporaryItems|DocumentRevisions-V100|localized|apdisk)$|^Icon\r$|^__MACOSX$/,
  // Windows
  /^((eh)?thumbs(_vista)?\.db|desktop\.ini|\$RECYCLE\.BIN|System Volume Information)$/i,
  // Network storage, network file systems, FUSE
  /^(@eaDir|@Recycle|#recycle|#snapshot|\.@__thumb|\.snapshot)$|^\.nfs[0-9a-f]+$|^\.fuse_hidden[0-9a-f]+$/i,
  // Linux
  /^(lost\+found|\.directory|\.Trash(-\d+)?)$/,
  // Editors and office programs: what they write beside a file that is open
  /^\..+\.sw[a-px]$|^\.#|^#.+#$|~$|^\.~lock\..*#$|^~\$/,
  // Programs that keep directories in step
  /^\.(stfolder|stversions|stignore|dropbox|dropbox\.attr|dropbox\.cache)$|^(\.syncthing\.|~syncthing~).*\.tmp$/,
];

/** Whether a file or a directory of this name is another program's. */
export const isLitter = (name: string): boolean => LITTER.some((pattern) => pattern.test(name));

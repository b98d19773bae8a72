using System.Runtime.InteropServices;
using DistEmbed.Protocol;

namespace DistEmbed.Worker.Corpus.DotnetDocs;

/// <summary>
/// Finds the XML documentation of the .NET SDK: <c>PACKS/NAME.Ref/VERSION/ref/FRAMEWORK/ASSEMBLY.xml</c>, the targeting packs that compilers read. Of each pack
/// the newest version counts.
/// </summary>
internal static class DocumentationPacks
{
    private static readonly EnumerationOptions AnyCase = new() { MatchCasing = MatchCasing.CaseInsensitive };

    /// <summary>A pack's documentation.</summary>
    /// <param name="Name">The pack and its version, such as <c>Microsoft.NETCore.App.Ref 10.0.1</c>.</param>
    /// <param name="Files">Its XML files in ordinal order of path.</param>
    public sealed record Pack(string Name, IReadOnlyList<string> Files);

    /// <summary>The packs in ordinal order of name: those of <paramref name="folder"/>, or of the SDK where that is null.</summary>
    public static IReadOnlyList<Pack> Find(string? folder)
    {
        string[] folders = folder is not null ? [folder] : [.. SdkFolders().Distinct(StringComparer.Ordinal)];
        foreach (string candidate in folders)
        {
            List<Pack> packs = PacksIn(candidate);
            if (packs.Count > 0)
                return packs;
        }
        throw new InvalidInputException(
            "data.packs",
            $"There is no API documentation (NAME.Ref/VERSION/ref/FRAMEWORK/*.xml) in {string.Join(" or ", folders)}.",
            "Install the .NET SDK, or set data.packs to the folder of its targeting packs.");
    }

    private static List<Pack> PacksIn(string folder)
    {
        var packs = new List<Pack>();
        if (!Directory.Exists(folder))
            return packs;
        foreach (string pack in Directory.GetDirectories(folder, "*.Ref", AnyCase).Order(StringComparer.Ordinal))
        {
            // A version without documentation (a cache may hold some) is passed over.
            foreach (string version in Directory.GetDirectories(pack).OrderDescending(Comparer<string>.Create(CompareVersions)))
            {
                string references = Path.Combine(version, "ref");
                if (!Directory.Exists(references))
                    continue;
                string[] files = [.. Directory.GetDirectories(references).SelectMany(f => Directory.GetFiles(f, "*.xml")).Order(StringComparer.Ordinal)];
                if (files.Length == 0)
                    continue;
                packs.Add(new Pack($"{Path.GetFileName(pack)} {Path.GetFileName(version)}", files));
                break;
            }
        }
        return packs;
    }

    private static IEnumerable<string> SdkFolders()
    {
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root)
            yield return Path.GetFullPath(Path.Combine(root, "packs"));

        // ROOT/shared/Microsoft.NETCore.App/VERSION/ of a runtime that came with an SDK.
        yield return Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "packs"));

        string name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            var command = new FileInfo(Path.Combine(folder, name));
            if (!command.Exists)
                continue;
            FileSystemInfo target = command.ResolveLinkTarget(returnFinalTarget: true) ?? command;
            yield return Path.Combine(Path.GetDirectoryName(target.FullName)!, "packs");
        }
    }

    /// <summary>Orders version folders: by their numbers, then a release after its previews, then by name.</summary>
    internal static int CompareVersions(string first, string second)
    {
        (Version firstNumbers, bool firstRelease, string firstName) = Parse(first);
        (Version secondNumbers, bool secondRelease, string secondName) = Parse(second);
        int byNumbers = firstNumbers.CompareTo(secondNumbers);
        if (byNumbers != 0)
            return byNumbers;
        int byRelease = firstRelease.CompareTo(secondRelease);
        return byRelease != 0 ? byRelease : string.CompareOrdinal(firstName, secondName);
    }

    private static (Version Numbers, bool Release, string Name) Parse(string folder)
    {
        string name = Path.GetFileName(folder);
        int dash = name.IndexOf('-', StringComparison.Ordinal);
        return (Version.TryParse(dash < 0 ? name : name[..dash], out Version? version) ? version : new Version(0, 0), dash < 0, name);
    }
}

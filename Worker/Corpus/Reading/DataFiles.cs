using System.Text;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>Finds the files that a data spec names, and gathers those that are missing so that the user hears of all at once.</summary>
internal sealed class DataFiles
{
    private readonly DataSpec _spec;
    private readonly Encoding _encoding;
    private readonly List<InputError> _missing = [];

    /// <summary>Counts what reading the files changes and leaves out.</summary>
    public ReadTally Tally { get; } = new();

    public DataFiles(DataSpec spec)
    {
        _spec = spec;
        _encoding = StrictEncoding(spec.Encoding);
    }

    /// <summary>The file at <paramref name="path"/>, which starts from the spec's root where it is relative.</summary>
    public SourceFile Resolve(string setting, string path)
    {
        string full = _spec.PathOf(path);
        if (!File.Exists(full))
        {
            string what = FilePattern.Is(full) ? $"No file is named as {full} has it."
                : Directory.Exists(full) ? $"{full} is a folder, not a file." : $"There is no file {full}.";
            string files = Directory.Exists(full) ? $"Name its files, as in {Path.Combine(path, "*.txt")}; a folder a class is data.format folder-per-class."
                : _spec.Root is { } given ? $"Check the path; relative paths start from data.root, which is '{given}'."
                : "Check the path; data.root is not set, so relative paths start from the current folder.";
            Refuse(setting, what, files);
        }
        return Of(setting, full);
    }

    /// <summary>The files at <paramref name="path"/>: those that it meets where it is a pattern, in ordinal order.</summary>
    public IReadOnlyList<SourceFile> ResolveAll(string setting, string path)
    {
        string full = _spec.PathOf(path);
        IReadOnlyList<string> met = FilePattern.Is(full) ? FilePattern.Files(full) : [];
        return met.Count > 0 ? [.. met.Select(file => Of(setting, file))] : [Resolve(setting, path)];
    }

    /// <summary>The files of a part, in the order of the job; each once.</summary>
    public IReadOnlyList<SourceFile> ResolveAll(string setting, FilePaths paths) =>
        [.. paths.SelectMany((path, i) => ResolveAll(paths.Count == 1 ? setting : $"{setting}[{i}]", path)).DistinctBy(file => file.Path)];

    /// <summary>A file that is there.</summary>
    public SourceFile Of(string setting, string full) =>
        new(setting, full, _encoding, _spec.Encoding) { BadBytes = _spec.BadBytes, Tally = Tally };

    /// <summary>Notes something that is missing.</summary>
    public void Refuse(string setting, string what, string fix) => _missing.Add(new InputError(setting, what, fix));

    /// <summary>A file that is named on the command line: relative to the current folder; <c>-</c>: standard input.</summary>
    public SourceFile FromCommandLine(string path)
    {
        string full = path == JobOrigin.StandardInput ? "/dev/stdin" : Path.GetFullPath(path);
        if (!File.Exists(full))
            Refuse(path, Directory.Exists(full) ? $"{full} is a folder, not a file." : $"There is no file {full}.", "Check the path.");
        return Of(path, full);
    }

    /// <summary>Throws if a file that was asked for is missing.</summary>
    public void ThrowIfMissing()
    {
        if (_missing.Count > 0)
            throw new InvalidInputException(_missing);
    }

    private static Encoding StrictEncoding(string name)
    {
        // The code pages (windows-1252 and the like) are part of .NET, but have to be asked for.
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        try
        {
            return Encoding.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new InvalidInputException(
                new InputError("data.encoding", $"'{name}' is no encoding that .NET knows.", "Use a name such as utf-8, latin1, windows-1252, utf-16 or shift_jis."), e);
        }
    }
}

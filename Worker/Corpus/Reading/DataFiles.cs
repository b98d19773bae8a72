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
            string what = Directory.Exists(full) ? $"{full} is a folder, not a file." : $"There is no file {full}.";
            string root = _spec.Root is { } given
                ? $"Check the path; relative paths start from data.root, which is '{given}'."
                : "Check the path; data.root is not set, so relative paths start from the current folder.";
            _missing.Add(new InputError(setting, what, root));
        }
        return Source(setting, full);
    }

    /// <summary>A file that is named on the command line: relative to the current folder.</summary>
    public SourceFile FromCommandLine(string path)
    {
        string full = Path.GetFullPath(path);
        if (!File.Exists(full))
            _missing.Add(new InputError(path, Directory.Exists(full) ? $"{full} is a folder, not a file." : $"There is no file {full}.", "Check the path."));
        return Source(path, full);
    }

    /// <summary>Throws if a file that was asked for is missing.</summary>
    public void ThrowIfMissing()
    {
        if (_missing.Count > 0)
            throw new InvalidInputException(_missing);
    }

    private SourceFile Source(string setting, string full) =>
        new(setting, full, _encoding, _spec.Encoding) { BadBytes = _spec.BadBytes, Tally = Tally };

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

using DistEmbed.Protocol;
using DistEmbed.Worker.Corpus.Reading;

namespace DistEmbed.Worker.Corpus.Trees;

/// <summary>Reads files whose lines belong together.</summary>
internal static class SideBySide
{
    /// <summary>The lines of each number, one of each file; where the job leaves lines with wrong bytes out, the lines of a number go together.</summary>
    /// <exception cref="InvalidInputException">A file has fewer lines than another.</exception>
    public static IEnumerable<(int Line, string[] Texts)> Read(IReadOnlyList<SourceFile> files)
    {
        var open = new List<TextReader>();
        try
        {
            foreach (SourceFile file in files)
                open.Add(file.OpenText());
            LineReader[] readers = [.. open.Select(text => new LineReader(text))];
            while (true)
            {
                var texts = new string[files.Count];
                bool[] more = [.. readers.Select((reader, i) => reader.Read(out texts[i]))];
                if (!more[0] && !more.Contains(true))
                    yield break;
                int ended = Array.IndexOf(more, false);
                if (ended >= 0)
                {
                    throw new InvalidInputException(files[ended].Path, $"It ends before line {readers[Array.IndexOf(more, true)].Line}, which {files[Array.IndexOf(more, true)].Path} has.",
                        "The files of a part have a line each for every sentence.");
                }

                if (!files[0].Skips(string.Concat(texts)))
                    yield return (readers[0].Line, texts);
            }
        }
        finally
        {
            open.ForEach(text => text.Dispose());
        }
    }

    /// <summary>What stands between blanks and tabs.</summary>
    public static string[] Split(string line) => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
}

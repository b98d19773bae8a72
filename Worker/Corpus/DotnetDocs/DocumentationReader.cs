using System.Text;
using System.Xml;
using DistEmbed.Protocol;

namespace DistEmbed.Worker.Corpus.DotnetDocs;

/// <summary>
/// Reads the text of XML documentation. References become the last part of their name (<c>T:System.Net.Cookie</c>: Cookie), code samples are left out, and
/// paragraphs and list items end a sentence. A member that several packs document counts once, as the first has it.
/// </summary>
internal static class DocumentationReader
{
    private const char Paragraph = '\u2029';

    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
    };

    /// <summary>The members of all files, in the order of the files.</summary>
    public static IEnumerable<DocumentedMember> Read(IEnumerable<string> files)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var text = new StringBuilder();
        foreach (string file in files)
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            using var reader = XmlReader.Create(stream, Settings);
            while (ReadToMember(reader, file))
            {
                if (reader.GetAttribute("name") is { } id && seen.Add(id))
                    yield return ReadMember(reader, file, id, text);
            }
        }
    }

    private static bool ReadToMember(XmlReader reader, string file)
    {
        try
        {
            return reader.ReadToFollowing("member");
        }
        catch (XmlException e)
        {
            throw Damaged(file, e);
        }
    }

    private static DocumentedMember ReadMember(XmlReader reader, string file, string id, StringBuilder text)
    {
        var summary = new List<string>();
        var others = new List<string>();
        try
        {
            if (!reader.IsEmptyElement)
            {
                int depth = reader.Depth;
                while (reader.Read() && reader.Depth > depth)
                {
                    if (reader.NodeType != XmlNodeType.Element)
                        continue;
                    bool isSummary = reader.Name == "summary";
                    if (isSummary || reader.Name is "remarks" or "returns" or "value" or "param" or "typeparam" or "exception")
                    {
                        text.Clear();
                        AppendContent(reader, text);
                        SentenceSplitter.Split(text.ToString(), Paragraph, isSummary ? summary : others);
                    }
                    else
                    {
                        SkipContent(reader);
                    }
                }
            }
        }
        catch (XmlException e)
        {
            throw Damaged(file, e);
        }
        return new DocumentedMember(id, summary, others);
    }

    // Appends the text inside the current element and leaves the reader on its end.
    private static void AppendContent(XmlReader reader, StringBuilder text)
    {
        if (reader.IsEmptyElement)
            return;
        int depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace)
                text.Append(reader.Value);
            else if (reader.NodeType == XmlNodeType.Element)
                AppendElement(reader, text);
        }
    }

    private static void AppendElement(XmlReader reader, StringBuilder text)
    {
        switch (reader.Name)
        {
            case "see" or "seealso" or "paramref" or "typeparamref" or "xref":
                string name = reader.GetAttribute("langword") ?? reader.GetAttribute("name") ?? LastName(reader.GetAttribute("cref") ?? reader.GetAttribute("uid") ?? "");
                int length = text.Length;
                AppendContent(reader, text);
                if (text.Length == length)
                    text.Append(name);
                break;
            case "code" or "script" or "format":
                SkipContent(reader);
                break;
            case "para" or "p" or "br" or "list" or "listheader" or "item" or "ul" or "ol" or "li" or "div" or "table" or "tr":
                text.Append(Paragraph);
                AppendContent(reader, text);
                text.Append(Paragraph);
                break;
            case "term" or "description" or "td" or "th":
                text.Append(' ');
                AppendContent(reader, text);
                text.Append(' ');
                break;
            default:
                AppendContent(reader, text);
                break;
        }
    }

    private static void SkipContent(XmlReader reader)
    {
        if (reader.IsEmptyElement)
            return;
        int depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
        }
    }

    /// <summary>The last part of a documentation id, without parameters and numbers of type parameters; of a constructor, its type's.</summary>
    internal static string LastName(string reference)
    {
        ReadOnlySpan<char> name = reference;
        if (name.Length > 1 && name[1] == ':')
            name = name[2..];
        int end = name.IndexOfAny("({~");
        if (end >= 0)
            name = name[..end];
        name = name.TrimEnd('.');
        int dot = name.LastIndexOf('.');
        if (dot >= 0 && name[(dot + 1)..].StartsWith("#"))
        {
            name = name[..dot];
            dot = name.LastIndexOf('.');
        }
        name = name[(dot + 1)..];
        int arity = name.IndexOf('`');
        return (arity < 0 ? name : name[..arity]).ToString();
    }

    private static InvalidInputException Damaged(string file, XmlException e) =>
        new(new InputError($"{file}:{e.LineNumber}", $"The file is not well-formed XML: {e.Message}", "Repair the .NET SDK, or set data.packs to whole targeting packs."), e);
}
